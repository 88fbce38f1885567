"""`Signer.presign_many` with Arrow data of several libraries."""

from __future__ import annotations

import gc

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from rsigv4 import InvalidRequestError, Signer
from support.signing import CREDENTIALS, MOMENT

SIGNER = Signer(CREDENTIALS, "eu-central-1", "s3")
URLS = [f"https://bucket.s3.eu-central-1.amazonaws.com/prefix/{number}" for number in range(20)]
PRESIGNED = SIGNER.presign_many("GET", URLS, time=MOMENT)
#: More URLs than one parallel block.
MANY = 40_001
TYPES = [pa.string(), pa.large_string(), pa.string_view()]


def presign(urls, signer=SIGNER):
    return signer.presign_many("GET", urls, time=MOMENT)


def with_nulls(values):
    return [None, *values[:3], None, None, *values[3:], None]


@pytest.mark.parametrize("type_", TYPES, ids=str)
def test_array_of_pyarrow(type_):
    presigned = presign(pa.array(URLS, type_))

    assert len(presigned) == len(URLS)
    array = pa.array(presigned)
    array.validate(full=True)
    assert array.type == pa.large_string()
    assert array.to_pylist() == PRESIGNED


@pytest.mark.parametrize("type_", TYPES, ids=str)
def test_nulls_stay_where_they_are(type_):
    array = pa.array(presign(pa.array(with_nulls(URLS), type_)))

    assert array.to_pylist() == with_nulls(PRESIGNED)
    assert array.null_count == 4


@pytest.mark.parametrize("type_", TYPES, ids=str)
def test_slice(type_):
    urls = pa.array(with_nulls(URLS), type_).slice(2, 7)

    assert pa.array(presign(urls)).to_pylist() == with_nulls(PRESIGNED)[2:9]


@pytest.mark.parametrize("urls", [[], [None], [None, None, URLS[0]]])
def test_few_urls_or_none(urls):
    array = pa.array(presign(pa.array(urls, pa.string())))

    assert array.to_pylist() == [url and PRESIGNED[0] for url in urls]


@pytest.mark.parametrize("type_", TYPES, ids=str)
@pytest.mark.parametrize("start", [0, 2, 20])
def test_empty_slice(type_, start):
    urls = pa.array(URLS, type_)
    array = pa.array(presign(urls.slice(start, 0)))
    chunked = pa.chunked_array([urls.slice(start, 0), urls])

    assert (array.type, array.to_pylist()) == (pa.large_string(), [])
    assert pa.chunked_array(presign(chunked)).to_pylist() == PRESIGNED


def test_many_blocks():
    urls = [f"{URLS[0]}/{number}" if number % 7 else None for number in range(MANY)]
    presigned = pa.array(presign(pa.array(urls)))

    present = [url for url in urls if url]
    assert presigned.drop_null().to_pylist() == presign(present)
    assert presigned.is_null().to_pylist() == [url is None for url in urls]


@pytest.mark.parametrize("type_", TYPES, ids=str)
def test_chunked_array_of_pyarrow(type_):
    urls = pa.chunked_array([URLS[:3], [], [None], URLS[3:]], type_)
    presigned = presign(urls)

    assert len(presigned) == len(urls)
    # The result can be exported more than once.
    for _ in range(2):
        array = pa.chunked_array(presigned)
        array.validate(full=True)
        assert [len(chunk) for chunk in array.chunks] == [3, 0, 1, 17]
        assert array.to_pylist() == [*PRESIGNED[:3], None, *PRESIGNED[3:]]


def test_chunked_array_without_chunks():
    array = pa.chunked_array(presign(pa.chunked_array([], pa.string())))

    assert (array.type, array.to_pylist()) == (pa.large_string(), [])


def test_column_of_a_table():
    table = pa.table({"url": URLS, "size": range(20)})
    array = pa.chunked_array(presign(table["url"]))

    assert table.append_column("presigned", array)["presigned"].to_pylist() == PRESIGNED


def test_table_and_batch_of_one_column():
    table = pa.table({"url": URLS})

    assert pa.chunked_array(presign(table)).to_pylist() == PRESIGNED
    assert pa.array(presign(table.to_batches()[0])).to_pylist() == PRESIGNED
    assert pa.chunked_array(presign(table.to_reader())).to_pylist() == PRESIGNED


def test_generator_of_batches():
    batches = pa.table({"url": with_nulls(URLS)}).to_batches(max_chunksize=4)
    reader = pa.RecordBatchReader.from_batches(batches[0].schema, (batch for batch in batches))

    assert pa.chunked_array(presign(reader)).to_pylist() == with_nulls(PRESIGNED)


def test_series_of_polars():
    presigned = pl.Series(presign(pl.Series("url", with_nulls(URLS))))

    assert (presigned.dtype, presigned.to_list()) == (pl.String, with_nulls(PRESIGNED))
    assert presigned.name == "url"


def test_column_of_polars():
    frame = pl.DataFrame({"key": range(20), "url": URLS})
    frame = frame.with_columns(presigned=pl.Series(presign(frame["url"])))

    assert frame["presigned"].to_list() == PRESIGNED


def test_array_goes_to_polars():
    assert pl.Series(presign(pa.array(URLS))).to_list() == PRESIGNED


def test_query_of_duckdb():
    with duckdb.connect() as connection:
        query = connection.sql("SELECT 'https://example.com/' || range AS url FROM range(40001)")
        presigned = pa.chunked_array(presign(query))

        assert presigned.to_pylist() == presign(
            [f"https://example.com/{number}" for number in range(MANY)]
        )
        # The result can be queried again.
        signed = pa.table({"presigned": presigned})
        connection.register("signed", signed)
        found = connection.sql("SELECT count(*) FROM signed WHERE presigned LIKE '%&X-Amz-Sig%'")
        assert found.fetchall() == [(MANY,)]


@pytest.mark.skipif(not hasattr(pd.Series, "__arrow_c_stream__"), reason="pandas 3 has it")
def test_series_of_pandas():
    series = pd.Series(with_nulls(URLS), dtype=pd.ArrowDtype(pa.string()))
    presigned = pa.chunked_array(presign(series))

    assert presigned.to_pylist() == with_nulls(PRESIGNED)


def test_result_outlives_its_source():
    urls = pa.array([f"{url}/{number}" for number, url in enumerate(URLS)])
    expected = presign(urls.to_pylist())
    array = pa.array(presign(urls))
    del urls
    gc.collect()

    assert array.to_pylist() == expected


@pytest.mark.parametrize("index", [0, 5, MANY - 1])
@pytest.mark.parametrize("chunks", [1, 3])
def test_error_names_the_url(index, chunks):
    urls = [f"{URLS[0]}/{number}" for number in range(MANY)]
    urls[index] = "https://"
    size = -(-MANY // chunks)
    column = pa.chunked_array([urls[first : first + size] for first in range(0, MANY, size)])
    for data in (column, column.combine_chunks()):
        with pytest.raises(InvalidRequestError, match=rf"^urls\[{index}\] has no host: "):
            presign(data)


def test_error_names_the_wrong_type():
    for data in (pa.array([1]), pa.array([b"a"]), pa.array(URLS).dictionary_encode()):
        with pytest.raises(InvalidRequestError, match=r"^urls is Arrow data of type .*: cast it "):
            presign(data)
    with pytest.raises(InvalidRequestError, match=r"^urls is a table of more or less than one "):
        presign(pa.table({"url": URLS, "size": range(20)}))


def test_error_names_text_that_is_not_utf8():
    offsets, data = pa.py_buffer(pa.array([0, 9], pa.int32()).buffers()[1]), b"https://\xff"
    unchecked = pa.StringArray.from_buffers(1, offsets, pa.py_buffer(data))
    with pytest.raises(InvalidRequestError, match=r"^urls is Arrow data that can't be read: "):
        presign(unchecked)


def test_error_of_a_reader_is_passed_on():
    def batches():
        yield from pa.table({"url": URLS}).to_batches()
        raise LookupError("no more keys")

    reader = pa.RecordBatchReader.from_batches(pa.schema({"url": pa.string()}), batches())
    with pytest.raises(InvalidRequestError, match="no more keys"):
        presign(reader)


def test_region_is_read_from_each_host():
    regions = ["eu-central-1", "us-west-2"]
    urls = pa.array([f"https://b.s3.{region}.amazonaws.com/k" for region in regions])
    presigned = pa.array(presign(urls, Signer(CREDENTIALS))).to_pylist()

    assert [url.split("%2F")[2] for url in presigned] == regions

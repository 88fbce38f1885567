# The project's only documented commands. Each installs what it needs, below this folder.

PYTHON ?= python3
VENV := .venv
DEMO_VENV := .venv-demo
# Each server of the tests has its own environment, as they pin what others need newer.
MINISTACK_VENV := .venv-ministack
JUICEFS_VENV := .venv-juicefs
SWIFT_VENV := .venv-swift
# So have the peers that are measured, and the engines that need Java.
BENCH_VENV := .venv-bench
ENGINES_VENV := .venv-engines
DOCS_VENV := .venv-docs
BIN := $(VENV)/bin

# maturin, which builds the wheel in an environment of pip's own, is pinned too.
export PIP_CONSTRAINT := requirements/build.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# niquests' urllib3-future takes the place of urllib3, unless it is built and told not to.
export PIP_NO_BINARY := urllib3-future
export URLLIB3_NO_OVERRIDE := true

SEED ?= $(shell date +%s)

.PHONY: demo test test-fast test-isolated test-engines dev fmt lint lock bench bench-check docs ci clean

## The tutorial, from an IAM group to a signed request that a local AWS accepts.
demo: $(DEMO_VENV)/ready $(MINISTACK_VENV)/ready
	$(call install_wheel,$(DEMO_VENV))
	$(DEMO_VENV)/bin/python examples/tutorial.py --ministack $(MINISTACK_VENV)/bin/ministack

## Rust tests, then pytest and the examples of README and docs against the installed wheel.
test: $(VENV)/ready $(MINISTACK_VENV)/ready $(JUICEFS_VENV)/ready $(SWIFT_VENV)/ready
	cargo test --no-default-features
	$(call install_wheel,$(VENV))
	$(BIN)/python -m pytest -n auto
	$(BIN)/python -m doctest README.md docs/*.md

## The same without the tests that need servers.
test-fast: $(VENV)/ready
	cargo test --no-default-features
	$(call install_wheel,$(VENV))
	$(BIN)/python -m pytest -n auto -m "not servers"
	$(BIN)/python -m doctest README.md docs/*.md

## Each test file alone, then the suite in random order; SEED=n repeats an order.
test-isolated: $(VENV)/ready $(MINISTACK_VENV)/ready $(JUICEFS_VENV)/ready $(SWIFT_VENV)/ready
	$(call install_wheel,$(VENV))
	failed=; for file in $$(find tests -name 'test_*.py' -not -path '*/engines/*' | sort); do \
	    echo "$$file"; $(BIN)/python -m pytest -q "$$file"; \
	    case $$? in 0 | 5) ;; *) failed="$$failed $$file" ;; esac; \
	done; \
	if [ -n "$$failed" ]; then echo "these fail alone:$$failed"; exit 1; fi
	$(BIN)/python -m pytest -p randomly --randomly-dont-reset-seed --randomly-seed=$(SEED)

## The example of Spark, which needs Java 17.
test-engines: $(ENGINES_VENV)/ready
	$(call install_wheel,$(ENGINES_VENV))
	$(ENGINES_VENV)/bin/python -m pytest -o timeout=600 -o faulthandler_timeout=660 \
	    --confcutdir=tests/engines tests/engines

## The package as it is being edited, with an unoptimized extension.
dev: $(VENV)/ready
	VIRTUAL_ENV=$(VENV) $(BIN)/maturin develop

fmt: $(VENV)/ready
	cargo fmt
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

lint: $(VENV)/ready
	cargo fmt --check
	cargo clippy --no-default-features --all-targets -- -D warnings
	cargo clippy --all-targets -- -D warnings
	RUSTDOCFLAGS=-Dwarnings cargo doc --no-deps
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(call install_wheel,$(VENV))
	$(BIN)/mypy python tests/typing_api.py
	$(BIN)/python -m mypy.stubtest rsigv4._core --allowlist tests/stubtest-allowlist.txt

## The lock files of requirements/, anew.
lock: $(VENV)/ready
	for name in bench build demo dev docs engines juicefs ministack swift; do \
	    $(BIN)/uv pip compile -q --universal --python-version 3.10 --upgrade --no-header \
	        --no-annotate requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done

## Ratios against the peers, all in one run, release build only; writes docs/benchmarks.md.
bench: $(BENCH_VENV)/ready
	$(call install_wheel,$(BENCH_VENV))
	$(BENCH_VENV)/bin/python tests/bench/bench.py

## A little of it; fails where a ratio is not even half its goal.
bench-check: $(BENCH_VENV)/ready
	$(call install_wheel,$(BENCH_VENV))
	$(BENCH_VENV)/bin/python tests/bench/bench.py --check

## The site of the documentation, below site/.
docs: $(DOCS_VENV)/ready
	$(DOCS_VENV)/bin/zensical build --strict

ci: lint test

clean:
	rm -rf .venv* dist site target

# Built by cargo only where something changed, and always installed, so that no stale binary is used.
define install_wheel
	rm -rf dist
	$(1)/bin/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	$(1)/bin/python -m pip install --quiet --no-deps --force-reinstall dist/rsigv4-*.whl
endef

$(VENV)/ready: requirements/build.txt requirements/dev.txt
$(BENCH_VENV)/ready: requirements/bench.txt
$(DEMO_VENV)/ready: requirements/demo.txt
$(DOCS_VENV)/ready: requirements/docs.txt
$(ENGINES_VENV)/ready: requirements/engines.txt
$(MINISTACK_VENV)/ready: requirements/ministack.txt
$(JUICEFS_VENV)/ready: requirements/juicefs.txt
$(SWIFT_VENV)/ready: requirements/swift.txt
%/ready:
	$(PYTHON) -m venv --clear $*
	$*/bin/python -m pip install --quiet $(addprefix -r ,$^)
	touch $@

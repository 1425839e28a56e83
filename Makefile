# make serve    build the site and serve it on PORT       make site     only build it, into _site/
# make test     install what the tests need, run those    make bench    print the measurements
#               that one waits for: minutes               make torch    check the examples in PyTorch
# make soak     the tests that take long, and endurance:  make size     list what a first visit loads
#               ten minutes, or MINUTES                   make audit    Lighthouse on the served site
# make engines  the browser tests in Firefox and WebKit
# make clean    remove what was built and installed

PORT ?= 8000
MINUTES ?= 10
PYTHON ?= python3

NODE_MODULES = node_modules/.package-lock.json
VENV = .venv/requirements.txt
TORCH = .venv-torch/requirements.txt

.PHONY: serve site test engines soak bench torch size audit clean python
.DEFAULT_GOAL := serve

serve: site
	@$(PYTHON) -m tools.serve _site --port $(PORT)

site: $(NODE_MODULES) | python
	@$(PYTHON) -m tools.site

# So many tests at a time: on two cores one more than there are, for each waits now and then.
PYTEST = .venv/bin/pytest -n 3 --dist loadgroup

test: site $(VENV)
	@$(PYTHON) -m tools.browser
	.venv/bin/ruff check
	$(PYTEST) tests/unit tests/browser -m "not soak and not in_engines"

engines: site $(VENV)
	@$(PYTHON) -m tools.browser
	$(PYTEST) tests/browser -m "in_engines and not soak"
	$(PYTEST) tests/unit tests/browser -m "in_browser and not soak" --timeout 600 --browser firefox
	$(PYTEST) tests/unit tests/browser -m "in_browser and not soak" --timeout 600 --browser webkit

soak: site $(VENV)
	@$(PYTHON) -m tools.browser
	$(PYTEST) tests/unit tests/browser -m soak
	.venv/bin/pytest tests/soak -s --minutes $(MINUTES)

bench: site $(VENV)
	@$(PYTHON) -m tools.browser chromium
	.venv/bin/python -m bench

torch: $(TORCH)
	.venv-torch/bin/pytest examples

size: site $(VENV)
	@$(PYTHON) -m tools.browser chromium
	.venv/bin/python -m tools.size

audit: site $(VENV)
	@$(PYTHON) -m tools.browser chromium
	npm ci --prefix tools/audit --no-audit --no-fund
	.venv/bin/python -m tools.audit

clean:
	rm -rf _site _site.new _site.old .cache .venv .venv-torch node_modules

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Python 3.11 or newer is needed: install it, or name it, as in `make PYTHON=python3.12`.' >&2; exit 1; }

# npm writes this file last, and the packages' hashes are checked against package-lock.json.
$(NODE_MODULES): package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && command -v npm >/dev/null || \
		{ echo 'Node.js 20 or newer with npm is needed to fetch the runtime: install it from your system or nodejs.org.' >&2; exit 1; }
	npm ci --no-audit --no-fund
	@touch $@

# An environment for each group of pyproject.toml's packages: .venv for the tests, .venv-torch for PyTorch's examples.
$(VENV): GROUP = test
$(TORCH): GROUP = torch
$(VENV) $(TORCH): pyproject.toml | python
	$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python -c 'import sys, tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"][sys.argv[1]], sep="\n")' $(GROUP) > $@.new
	$(@D)/bin/pip install --quiet --disable-pip-version-check -r $@.new
	@mv $@.new $@

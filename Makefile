# The two commands are `make demo` and `make test`; both install what they need into .venv first.
# Needs Python 3.11 or newer and make; no root, no database server, no Redis.

PY ?= $(shell for python in python3.11 python3; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
WORKERS ?= 2
VENV := .venv
RUN := $(VENV)/bin/python
STAMP := $(VENV)/.stamp

# uv would fetch an interpreter if it liked none here: nothing but packages is ever fetched.
export UV_PYTHON_DOWNLOADS := never
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: setup demo test lint lock messages bench sbom drill doors shots
.DELETE_ON_ERROR:

demo: setup
	@$(VENV)/bin/bando demo

test: setup
	@$(RUN) -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

# The performance table; each figure is a ratio to a ceiling of the same run. ONLY=area; SCALE=try is quick.
bench: setup
	@$(RUN) -m bench $(ONLY)

# ONLY=area or a group's name, SCALE=full|ci, SEED=n repeats what a run has drawn.
drill: setup
	@ONLY="$(ONLY)" SCALE="$(or $(SCALE),full)" SEED="$(SEED)" $(RUN) -m drill

# Every transcript told by the real doors of USSD, SMS, WhatsApp and Telegram, in both languages.
doors: setup
	@BANDO_EVERY_TELLING=1 $(RUN) -m pytest -n 0 tests/doors $(ARGS)

# Pictures of every page, into .bando/shots; needs a Chromium (BANDO_CHROMIUM names one).
shots: setup
	@$(RUN) -m bando.shots

# Every screen and text in every language, with its longest values: a missing or over-long sentence stops here.
WORDS = tests/core/conversation/test_words.py tests/core/messaging/test_templates.py

lint: setup
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/bando messages --check
	$(RUN) -m pytest -n 0 $(WORDS)
	@if grep -nE 'https?://|file:|index-url|find-links' requirements.lock installer.lock sbom.cdx.json; then \
		echo 'a lock names a host or a path: run make lock'; exit 1; fi

# Versions already in the lock are kept where they still fit; `make lock UPGRADE=--upgrade` looks for newer ones.
lock: setup
	$(RUN) -m uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --all-extras $(UPGRADE) \
		--output-file requirements.lock --quiet pyproject.toml
	echo uv | $(RUN) -m uv pip compile --universal --python-version 3.11 --generate-hashes --no-header $(UPGRADE) \
		--output-file installer.lock --quiet -
	$(RUN) -m bando.sbom

# The bill of materials, from the lock and what is installed.
sbom: setup
	$(RUN) -m bando.sbom

messages: setup
	$(VENV)/bin/bando messages

setup: $(STAMP)

# uv installs in seconds what takes pip most of a minute. It is tried with its own certificates and with the
# system's (a company's proxy may need those); where it cannot be had or cannot reach the packages (it does not read
# pip's configuration) pip does it. Both check every hash and run no package's build script.
#
# The project itself is not installed by pip: an editable install needs setuptools, which new Pythons no longer
# bring, or the network. A path file (relative, so the checkout may be moved) and a start script do the same.
$(STAMP): requirements.lock installer.lock pyproject.toml
	@test -n "$(PY)" || { echo 'Bando needs Python 3.11 or newer: install it, or name it with make PY=/path/to/python'; exit 1; }
	@$(RUN) -c '' 2>/dev/null || { echo 'setup: making $(VENV)'; "$(PY)" -m venv --clear $(VENV); } \
		|| { echo 'Python came without venv (on Debian: apt-get install python3-venv)'; rm -rf $(VENV); exit 1; }
	@echo "setup: installing $$(grep -c '==' requirements.lock) packages into $(VENV), once"
	@$(RUN) -m uv --version >/dev/null 2>&1 || $(RUN) -m pip install --quiet --require-hashes --only-binary :all: -r installer.lock \
		|| echo 'setup: no uv to be had'
	@for system_certificates in false true; do UV_SYSTEM_CERTS=$$system_certificates $(RUN) -m uv pip install \
		--python $(RUN) --require-hashes --only-binary :all: --compile-bytecode -r requirements.lock && exit 0; done; \
		echo 'setup: uv could not, pip takes over (about a minute)'; \
		$(RUN) -m pip install --require-hashes --only-binary :all: -r requirements.lock
	@echo ../../../.. > "$$($(RUN) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/bando.pth"
	@printf '%s\n' '#!/bin/sh' \
		'exec "$$(dirname "$$0")/python" -P -c "import sys; sys.argv[0] = \"bando\"; from bando.cli import main; sys.exit(main())" "$$@"' \
		> $(VENV)/bin/bando
	@chmod 755 $(VENV)/bin/bando
	@touch $@
	@echo 'setup: done'

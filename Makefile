# Everything a developer runs. Nothing needs to be installed by hand but Python 3.11+ and make.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
DEMO := scratch/demo
QUIET_PIP := --quiet --disable-pip-version-check

.PHONY: demo shells mail-programs editors web-servers office terminals installers test test-fast promises browser check format bench bench-compare bench-peers wheel docs man pictures translations lock clean

$(BIN)/crm: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "crm needs Python 3.11 or newer" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install $(QUIET_PIP) -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(BIN)/crm
	$(BIN)/pip install $(QUIET_PIP) -c constraints.txt -e '.[dev]'
	@touch $@

# The main job, on a copy of the sample workspace.
demo: $(BIN)/crm
	@PATH="$(CURDIR)/$(BIN):$$PATH" CRM_USER=marie ./docs/demo.sh $(DEMO)

# The shells whose completion is tested, and fzf, which chooses rows; where one cannot be had, its test is skipped and says so.
shells:
	@for shell in zsh fish fzf; do command -v $$shell > /dev/null \
		|| { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null && apt-get install -qq -y $$shell > /dev/null 2>&1; } \
		|| echo "no $$shell here: it is not tested" >&2; done

# The mail programs that hand messages over; where one cannot be had, its test is skipped and says so.
MAIL_PROGRAMS := procmail maildrop getmail fetchmail postfix msmtp
mail-programs:
	@for program in $(MAIL_PROGRAMS); do command -v $$program > /dev/null || missing=yes; done; \
	test -z "$$missing" || { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null && \
		apt-get update -qq > /dev/null 2>&1 && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
		--no-install-recommends procmail maildrop getmail6 fetchmail postfix msmtp > /dev/null 2>&1; } \
		|| echo "not all mail programs are here: their tests are skipped" >&2

# The spreadsheet program that opens CSV; where it cannot be had, its test is skipped and says so.
office:
	@command -v soffice > /dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null && \
		apt-get update -qq > /dev/null 2>&1 && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
		--no-install-recommends libreoffice-calc-nogui > /dev/null 2>&1; } \
		|| echo "no LibreOffice here: no spreadsheet is opened" >&2

# The terminal of which pictures are taken; where it cannot be had, its test is skipped and says so.
terminals:
	@command -v tmux > /dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null && \
		apt-get update -qq > /dev/null 2>&1 && apt-get install -qq -y --no-install-recommends tmux > /dev/null 2>&1; } \
		|| echo "no tmux here: no pictures are taken" >&2

# The language server by which editors check YAML; where it cannot be had, its test is skipped and says so.
editors:
	@test -x scratch/editors/node_modules/.bin/yaml-language-server \
		|| { command -v npm > /dev/null && mkdir -p scratch/editors \
			&& npm install --silent --no-audit --no-fund --fetch-retries=1 --fetch-timeout=30000 --prefix scratch/editors yaml-language-server@1 > /dev/null 2>&1; } \
		|| echo "no yaml-language-server here: the schemas are not tested in it" >&2

# The web servers in front of crm; where one cannot be had, its test is skipped and says so.
WEB_SERVERS := nginx apache2 lighttpd busybox
web-servers:
	@for program in $(WEB_SERVERS); do PATH="$$PATH:/usr/sbin" command -v $$program > /dev/null || missing=yes; done; \
	test -z "$$missing" || { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null && \
		apt-get update -qq > /dev/null 2>&1 && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
		--no-install-recommends nginx-light apache2-bin lighttpd busybox > /dev/null 2>&1; } \
		|| echo "not all web servers are here: their tests are skipped" >&2

TEST := $(BIN)/python -m pytest -n auto --dist worksteal
LONGER := exhaustive fuzz git store promises security servers programs examples

# All that ends within minutes; the time is said at the end.
test: $(VENV)/.dev shells terminals
	$(TEST) $(foreach suite,$(LONGER) browser wheel,--ignore=tests/$(suite))

# The part of it that starts no processes, for while you write.
test-fast: $(VENV)/.dev
	$(TEST) tests/domain tests/query tests/store/codec

# What takes longer: every mail of the collection, every id that can be renamed, inputs made by chance for a while
# (CRM_FUZZ_SECONDS each), the store and its index against properties,
# processes killed at every call, disks that fail, workspaces that strangers made, mail servers and web servers, the programs
# of others, and every command that the documents and help texts show.
promises: $(VENV)/.dev mail-programs web-servers editors office
	$(TEST) $(addprefix tests/,$(LONGER))

# The web form in a real browser, which this installs where it may; elsewhere the tests are skipped, and say so.
browser: $(VENV)/.dev
	@command -v chromium > /dev/null && command -v chromedriver > /dev/null \
		|| { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null \
			&& apt-get update -qq > /dev/null 2>&1 && apt-get install -qq -y chromium chromium-driver > /dev/null 2>&1; } \
		|| echo "no chromium here: the web form is not tested in a browser" >&2
	$(BIN)/python -m pytest -rs tests/browser

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test
	$(MAKE) promises
	$(MAKE) browser
	$(MAKE) wheel
	$(MAKE) demo > /dev/null

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Speed, as ratios to what Python and the disk need anyway; the figures of docs/performance.md.
bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench.measure

# The same beside an older commit, run in turn: make bench-compare OLD=HEAD~20
bench-compare: $(VENV)/.dev
	$(BIN)/python -m tests.bench.compare $(OLD)

# The same beside other tools, which this installs where it may (Debian's packages, papis from PyPI).
bench-peers: $(VENV)/.dev
	-[ "$$(id -u)" = 0 ] && apt-get install -qq -y taskwarrior hledger recutils > /dev/null
	$(PYTHON) -m venv scratch/peers && scratch/peers/bin/pip install $(QUIET_PIP) papis
	PATH="$(CURDIR)/scratch/peers/bin:$$PATH" BENCH_PEERS=1 $(BIN)/python -m tests.bench.measure

# What builds and installs: where it cannot be had, the test is skipped and says so.
installers:
	@test -x scratch/installers/bin/pipx || { $(PYTHON) -m venv scratch/installers \
		&& scratch/installers/bin/pip install $(QUIET_PIP) -c constraints.txt build hatchling pipx uv; } \
		|| echo "no pipx and uv here: the wheel is not installed" >&2

# The source archive and the wheel in dist/; built again they are the same, and pipx and uv install them.
wheel: $(VENV)/.dev installers
	rm -rf dist
	scratch/installers/bin/pyproject-build --no-isolation --outdir dist . > /dev/null
	$(BIN)/python -m pytest -rs tests/wheel

# Write what the commands shown in README.md and docs/ print now, and the table that completion reads.
docs: $(VENV)/.dev
	@mkdir -p scratch
	$(BIN)/python -m crmcli.cli.completion.parameters > scratch/parameter_table.py
	mv scratch/parameter_table.py crmcli/cli/completion/parameter_table.py
	$(BIN)/python -m tests.docs.console --write
	$(BIN)/python -m tests.docs.man_pages

# The catalogues of translations, from the messages in the code; tests/languages says what lacks a translation.
translations: $(VENV)/.dev
	$(BIN)/python -m tests.languages.catalogues --write

# The manual pages, from the command table and the help of each command; the wheel installs them.
man: $(VENV)/.dev
	$(BIN)/python -m tests.docs.man_pages

# The pictures of the terminal and of the site that README.md and docs/ show; look at them before you commit them.
pictures: $(VENV)/.dev terminals
	$(BIN)/python -m tests.docs.pictures
	$(BIN)/python -m tests.docs.site_pictures

# The development environment as it is, for everybody.
lock: $(VENV)/.dev
	$(BIN)/pip install $(QUIET_PIP) --upgrade -e '.[dev]'
	$(BIN)/pip freeze --exclude-editable > constraints.txt

clean:
	rm -rf $(VENV) scratch dist build

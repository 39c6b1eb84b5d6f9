# `make` alone lists what there is. Needs Python 3.11 or newer, and make.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check
UV ?= uv
HOST ?= 127.0.0.1
PORT ?= 8000
# Processes of `make test`; each has databases of its own.
WORKERS ?= 2
# Kills of `make kill-test` on each database; `make test` has a few of them, too.
KILLS ?= 100
# Seconds of `make soak`; `make test` has five of them.
SECONDS ?= 600
# Operations of `make tree-test` on each database, in steps of 40; `make test` has 40 of them.
OPERATIONS ?= 2000
# Cases of `make fuzz`, on each database.
CASES ?= 20000
ADDRESS := http://$(HOST):$(PORT)
INSTALLED := $(VENV)/.installed
CLIENT := tests/contract/client
CLIENT_VENV := build/client-tools
NODE := tests/contract/node
NODE_INSTALLED := $(NODE)/node_modules/.package-lock.json

.PHONY: help install .coming client-tools run test full-test t check access-test page-test kill-test fault-test soak tree-test lint misspelling bench fmt lock openapi fuzz

help: ## 列出全部目标 List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

install: $(INSTALLED) ## 安装到 .venv，命令为 .venv/bin/dajiatan Install everything into .venv, with the command .venv/bin/dajiatan

.coming:
	@echo '1/3 安装（首次约一分钟，以后数秒） Installing: a minute the first time, seconds afterwards'

client-tools: $(CLIENT_VENV)/.installed $(NODE_INSTALLED) ## 安装生成客户端的工具（需要 Node 20） Install what generates clients, for `make test` (needs Node 20)

run: .coming install ## 在本机以 SQLite 启动服务（数据在 var/，首次约一分钟） Serve on SQLite under var/, made on first use, with a first key (HOST=, PORT=)
	@$(BIN)/python -c '$(refuse_taken)'
	@mkdir -p var
	@echo '2/3 升级数据库（var/） Upgrading the database under var/'
	@$(BIN)/dajiatan db upgrade
	@$(BIN)/dajiatan init --root-code 440600 --root-name 中共佛山市委组织部 --key-file var/first.key
	@echo '3/3 启动服务 Starting the service: $(ADDRESS)'
	@$(announce) & exec $(BIN)/dajiatan serve --host $(HOST) --port $(PORT)

# Each process that the tests start would compile the application again.
test full-test: export PYTHONDONTWRITEBYTECODE =

test: install ## 运行测试 Run the tests, on both databases what depends on one (ARGS="-k name", WORKERS=2)
	@$(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal $(ARGS)

full-test: install ## 在两种数据库上运行全部测试 Run every test on SQLite and on PostgreSQL (ARGS="-k name", WORKERS=2)
	@DAJIATAN_TEST_ON_BOTH=1 $(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal $(ARGS)

t: install ## 运行一项功能的测试 Run the tests of one feature on SQLite, in this process (F=findings, ARGS="-k name")
	@DAJIATAN_TEST_BACKENDS=sqlite $(BIN)/pytest --numprocesses 0 $(ARGS) tests/features/$(or $(F),$(error name a feature: make t F=findings))

check: install ## 检查一项功能的格式、类型和导入 Check style, types and imports of one feature (F=findings)
	$(BIN)/ruff check $(feature)
	$(BIN)/ruff format --check $(feature)
	$(BIN)/mypy $(feature)
	$(BIN)/lint-imports --no-logo

access-test: install ## 权限全量测试 Who may see and do what, at full size: matrix, moves, tamperings, scopes
	@DAJIATAN_TEST_FACTOR=100 $(BIN)/pytest --timeout 0 $(ARGS) tests/access/test_moves.py
	@DAJIATAN_TEST_FACTOR=5 $(BIN)/pytest --timeout 0 $(ARGS) tests/access/test_narrowing.py \
		tests/features/accounts/test_audit.py tests/contract/test_matrix.py \
		tests/pages/test_matrix.py

page-test: install $(NODE_INSTALLED) ## 在浏览器中检查全部网页 Look at every page in Chromium: widths, languages, keys, paper, axe-core
	@DAJIATAN_TEST_FACTOR=5 $(BIN)/pytest --numprocesses 0 --timeout 0 $(ARGS) tests/pages/test_browser.py

lint: install ## 检查格式、类型、导入顺序、迁移和接口文档 Check style, types and their proof, import order, migrations and the OpenAPI document
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m tests.support.misspelling
	@folder=$$(mktemp -d); trap 'rm -r "$$folder"' EXIT; \
	export DAJIATAN_DATABASE_URL="sqlite:///$$folder/lint.db" DAJIATAN_STATE_DIR="$$folder"; \
	set -x; $(BIN)/dajiatan db upgrade; $(BIN)/dajiatan db check; \
	$(BIN)/python -c '$(openapi_lint)'

misspelling: install ## 拼错每个列名，类型检查须逐一报出 Misspell every column wherever it is read, in a copy: mypy must report each
	@$(BIN)/python -m tests.support.misspelling --all

kill-test: install ## 在运行中反复杀进程 Kill servers and workers amid their work, on both databases (KILLS=100)
	@KILLS=$(KILLS) $(BIN)/pytest --capture=no tests/faults/test_kills.py

fault-test: install ## 数据库故障测试 Let databases stop, freeze and lose packets, and callers be hostile, at length
	@DAJIATAN_TEST_FACTOR=10 $(BIN)/pytest --timeout 0 $(ARGS) tests/faults tests/hostile

soak: install ## 长时间并发写入并复算 Compare progress with a recount, over and over, amid 16 writers (SECONDS=600)
	@SECONDS=$(SECONDS) $(BIN)/pytest --capture=no tests/faults/test_soak.py

tree-test: install ## 随机调整隶属关系并复算 Change the tree, and records, at random, on both databases (OPERATIONS=2000)
	@DAJIATAN_TEST_FACTOR=$$(( $(OPERATIONS) / 40 )) $(BIN)/pytest tests/tree $(ARGS)
	@DAJIATAN_TEST_FACTOR=5 $(BIN)/pytest tests/features/counts/test_following.py $(ARGS)

bench: install ## 性能对照 Run the benchmarks, or the one named (NAME=)
	@$(BIN)/python -m bench $(NAME)

fmt: install ## 自动格式化 Format, and fix what can be fixed
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format

lock: ## 更新依赖锁定文件 Write the lock files anew with uv and npm (UPGRADE=--upgrade for newer versions)
	$(lock) pyproject.toml --output-file requirements.lock
	$(lock) pyproject.toml --group dev --constraints requirements.lock --output-file requirements-dev.lock
	$(lock) $(CLIENT)/requirements.in --output-file $(CLIENT)/requirements.lock
	cd $(NODE) && npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved
	@$(PYTHON) -c '$(without_addresses)' $(NODE)/package-lock.json

openapi: install $(NODE_INSTALLED) ## 重写接口文档 Write docs/openapi.json anew, and check it with Redocly and Spectral (needs Node 20)
	@$(BIN)/python -m tests.support.openapi
	@cd $(NODE) && npm run --silent lint

fuzz: install ## 模糊测试 Fuzz a real service with schemathesis, on SQLite and PostgreSQL (CASES=100000)
	@CASES=$(CASES) $(BIN)/pytest tests/contract/test_fuzz.py --timeout 0 $(ARGS)
	@DAJIATAN_TEST_FACTOR=1 $(BIN)/pytest tests/hostile/test_bodies.py $(ARGS)

$(INSTALLED): requirements-dev.lock pyproject.toml
	$(need_python)
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes --requirement requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(CLIENT_VENV)/.installed: $(CLIENT)/requirements.lock
	$(need_python)
	$(PYTHON) -m venv $(CLIENT_VENV)
	$(CLIENT_VENV)/bin/python -m pip --quiet --quiet --disable-pip-version-check install \
		--require-hashes --requirement $(CLIENT)/requirements.lock
	@touch $@

$(NODE_INSTALLED): $(NODE)/package-lock.json
	cd $(NODE) && npm ci --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@

# No addresses in the locks: every registry and mirror is as good as its hashes.
lock = $(UV) pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header $(UPGRADE)

define without_addresses
import json, pathlib, sys; \
path = pathlib.Path(sys.argv[1]); \
lock = json.loads(path.read_text("utf-8")); \
[package.pop("funding", None) for package in lock["packages"].values()]; \
path.write_text(json.dumps(lock, ensure_ascii=False, indent=2) + "\n", "utf-8")
endef

feature = $(wildcard $(addsuffix $(or $(F),$(error name a feature: make check F=findings)),app/features/ tests/features/))

need_python = @$(PYTHON) -c 'import sys; sys.version_info < (3, 11) and sys.exit("Python 3.11 or newer is needed: make PYTHON=/path/to/it")'

# Once the service answers, for as long as it runs: where it is, its key, and a first request.
define announce
while kill -0 $$$$ 2>/dev/null; do \
	if $(BIN)/python -c '$(is_live)' 2>/dev/null; then \
		if key=$$(cat var/first.key 2>/dev/null); then \
			printf '\n%s\n  %s\n' 'Address:' '$(ADDRESS)' 'First key (var/first.key):' "$$key" \
				'Try:' "curl -sS --fail-with-body -H 'Authorization: Bearer $$key' $(ADDRESS)/v1/units" \
				'Pages, signed in once on this machine within ten minutes:' \
				"$$($(BIN)/dajiatan key link --key-file var/first.key 2>/dev/null || echo '$(ADDRESS)/pages')"; \
		else \
			printf '\n%s\n  %s\n' 'Address:' '$(ADDRESS)' 'Pages:' '$(ADDRESS)/pages' \
				'The first key is not in var/first.key any more. For a new one:' \
				'$(BIN)/dajiatan key new --client administrator --key-file var/first.key'; \
		fi; \
		break; \
	fi; \
	sleep 0.2; \
done
endef

define refuse_taken
import socket; \
taken = socket.socket().connect_ex(("$(HOST)", $(PORT))) == 0; \
exit("$(HOST):$(PORT) 已被占用，请换一个端口 is taken by another program: make run PORT=8001" if taken else 0)
endef

define is_live
from http.client import HTTPConnection; \
connection = HTTPConnection("$(HOST)", $(PORT), timeout=1); \
connection.request("GET", "/healthz/live"); \
exit(connection.getresponse().status != 200)
endef

define openapi_lint
from openapi_spec_validator import validate; \
from app.main import create_app; \
validate(create_app().openapi())
endef

ifneq ($(ADDRESS),http://127.0.0.1:8000)
run: export DAJIATAN_BASE_URL ?= $(ADDRESS)
endif

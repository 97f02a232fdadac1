# What a person types. Everything is done by the scripts below dev/; each says at its top what it does.
.PHONY: help bootstrap demo stop test chaos bench coverage lint lock clean
.DEFAULT_GOAL := help
export PORT DB ONLY ARGS RUNS SEED CLOVER_ORIGIN WEX_ORIGIN ODOO_PATH

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST)

bootstrap: ## Odoo 19, Python packages and PostgreSQL; nothing is started but PostgreSQL
	@dev/bootstrap.sh test

demo: ## the suite, running, with one payment made (PORT=8069 DB=fusion_demo)
	@dev/demo.sh

stop: ## end what `make demo` started
	@dev/stop.sh

test: ## all tests but chaos and bench (ONLY=pure|odoo|e2e|core ARGS="-k name" DB=fusion_test)
	@dev/test.sh

chaos: ## servers killed and answers lost at random (RUNS=... SEED=...); report in .odoo/reports
	@ONLY=chaos dev/test.sh

bench: ## figures, as ratios of one run; reports in .odoo/reports
	@ONLY=bench dev/test.sh

coverage: ## which lines the pure and Odoo tests run, package by package; fails below the floor; report in .odoo/reports
	@dev/coverage.sh

lint: ## ruff, mypy, pylint-odoo, Odoo's own rules, eslint, XML, compose file, layering
	@dev/lint.sh

lock: ## write the lock files of the Python packages anew
	@dev/lock.sh

clean: ## remove Odoo, the virtual environment and the databases of this checkout
	@dev/clean.sh

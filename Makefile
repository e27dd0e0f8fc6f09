# What one does with Kith. Each command works on a fresh machine by itself: it installs what is
# missing first (scripts/setup.sh), and does nothing that is done already.
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help run test build bench lighthouse seed check image-proof setup clean
MAKEFLAGS += --no-print-directory

help: ## Show this list
	@echo "Kith, the users service of a social network."
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

run: build ## Install what is missing, build, and start at http://127.0.0.1:3000
	@exec scripts/in-env target/release/kith dev

test: ## Install what is missing, and run every check and test
	@scripts/setup.sh test
	@scripts/test.sh

build: ## Build target/release/kith and target/site
	@scripts/setup.sh build
	@scripts/build.sh

bench: ## Measure (BENCH=name for one, ARGS="…" for its numbers)
	@scripts/setup.sh build
	@scripts/in-env cargo bench --workspace --no-run
	@scripts/in-env target/release/kith postgres -- cargo bench --quiet --workspace $(if $(BENCH),--bench $(BENCH),--benches) -- $(ARGS)

lighthouse: build ## Print Lighthouse's scores (ARGS="/login …" for other pages)
	@scripts/setup.sh lighthouse
	@scripts/in-env node end2end/lighthouse.mjs $(ARGS)

seed: build ## Fill .kith/seeded with a million people (ARGS="--users … --follows …" for other numbers)
	@scripts/in-env target/release/kith dev seed --dir .kith/seeded $(or $(ARGS),--users 1050000 --follows 5000000)
	@echo "Look around with: target/release/kith dev --dir .kith/seeded"

check: ## Format, lints of both builds, licenses; no tests
	@scripts/setup.sh check
	@scripts/check.sh

image-proof: build ## Build the container image and start it (ARGS=full: the builder stage, too)
	@scripts/setup.sh image
	@deploy/prove-image.sh $(ARGS)

setup: ## Only install what is missing
	@scripts/setup.sh test

clean: ## Remove what was built (not the tools, nor the data of `make run` in .kith)
	@rm -rf target end2end/node_modules end2end/test-results end2end/playwright-report

# All commands for working on Kith. Each works on a fresh machine: it first installs missing tools (scripts/setup.sh).
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help run watch test test-citus build bench bench-compare instructions plans soak lighthouse pictures seed check image-proof setup clean
MAKEFLAGS += --no-print-directory

help: ## Show this list
	@echo "Kith, the users service of a social network."
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

run: build ## Build and start Kith at http://127.0.0.1:3000
	@exec scripts/in-env target/release/kith dev

watch: ## Rebuild and reload the page on every change, at http://127.0.0.1:3000
	@scripts/setup.sh build
	@LEPTOS_HASH_FILES=false scripts/in-env cargo leptos watch --split -- dev

test: ## Run every check and test, as CI does
	@scripts/setup.sh test
	@scripts/test.sh

# Seeding, older instances, and changes by hand on which triggers act: on one machine only.
ONE_MACHINE := --skip one_machine --skip cli::seed

test-citus: ## Run the Rust tests on the Citus cluster at KITH_CITUS_URL=coordinator,worker,… (ARGS="name" for some)
	@[ -n "$$KITH_CITUS_URL" ] || { echo "KITH_CITUS_URL is not set: list the URLs of the nodes, the coordinator first, separated by commas (docs/operations.md)" >&2; exit 2; }
	@scripts/setup.sh test
	@scripts/in-env cargo test --test citus -- $(ARGS)
	@scripts/in-env cargo test --test it -- $(ONE_MACHINE) $(ARGS)

build: ## Build target/release/kith and target/site
	@scripts/setup.sh build
	@scripts/build.sh

bench: ## Compare Kith with bare handlers, in under ten minutes (ARGS="…"), or run another benchmark (BENCH=name)
	@scripts/setup.sh build
ifdef BENCH
	@scripts/in-env cargo bench --workspace --no-run --bench $(BENCH)
	@scripts/in-env target/release/kith postgres -- cargo bench --quiet --workspace --bench $(BENCH) -- $(ARGS)
else
	@scripts/setup.sh bench
	@scripts/build.sh
	@scripts/bench.sh run $(ARGS)
endif

bench-compare: ## Compare the speed of two commits (A=HEAD~1 B=HEAD, ARGS="…")
	@scripts/setup.sh build
	@scripts/setup.sh bench
	@scripts/bench.sh compare $(A) $(B) $(ARGS)

instructions: ## Count the instructions of requests, pages and the token check, compared with the run before
	@scripts/setup.sh build
	@scripts/setup.sh instructions
	@scripts/build.sh
	@scripts/bench.sh instructions $(ARGS)

plans: ## Write docs/queries.md: the plan of each statement with a million users (in .kith/plans)
	@scripts/setup.sh test
	@scripts/in-env cargo test --test plans

soak: build ## Send mixed traffic to one instance for an hour (SOAK_MINUTES=60), and check that nothing grows
	@scripts/in-env cargo test --test soak --no-run
	@SOAK_MINUTES=$(or $(SOAK_MINUTES),60) KITH_SOAK_BINARY=$(CURDIR)/target/release/kith scripts/in-env \
		target/release/kith postgres -- cargo test --test soak -- --nocapture

lighthouse: build ## Print Lighthouse scores (ARGS="/login …" for other pages)
	@scripts/setup.sh lighthouse
	@scripts/in-env node end2end/lighthouse.mjs $(ARGS)

pictures: build ## Take the pictures of the README
	@scripts/setup.sh test
	@scripts/in-env npm --prefix end2end run pictures

seed: build ## Fill .kith/seeded with a million users (ARGS="--users … --follows …" for other numbers)
	@scripts/in-env target/release/kith dev seed --dir .kith/seeded $(or $(ARGS),--users 1050000 --follows 5000000)
	@echo "Start it with: target/release/kith dev --dir .kith/seeded"

check: ## Check spelling, format and lints of both builds (licenses too, if cargo-deny is installed)
	@scripts/setup.sh check
	@scripts/check.sh

image-proof: build ## Build and start the container image (ARGS=full to also run the builder stage)
	@scripts/setup.sh image
	@deploy/prove-image.sh $(ARGS)

setup: ## Only install missing tools
	@scripts/setup.sh test

clean: ## Delete build output (but not tools, nor the data in .kith)
	@rm -rf target end2end/node_modules end2end/test-results end2end/playwright-report

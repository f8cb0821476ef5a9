# cronsole: build, run and test. `make help` lists what there is.
SHELL      := bash
VERSION    ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GOFLAGS_   := -trimpath -ldflags "-s -w -X main.version=$(VERSION)"
GOFUMPT    := go run mvdan.cc/gofumpt@v0.12.0
GOLANGCI   := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
SQLITE_OBJ := bin/.sqlite-compiled

# The proofs of docs/promises.md, by the names of their tests.
PROOFS   := ^TestTrust|^TestOracle|^TestBadHistoriesAreRefused|^TestEveryLossAndDoubleIsFound|^TestRandomRestarts
# How long make soak goes on, and how many times larger than in make trust a proof is there.
DURATION ?= 10m
SCALE    ?= 5

.DEFAULT_GOAL := help
.PHONY: help run build generate css lint test trust soak check bench

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

run: build ## start the console on http://127.0.0.1:8000 with the sample jobs
	./bin/cronsole serve

build: ## compile bin/cronsole
	@[ -e $(SQLITE_OBJ) ] || echo "The first build compiles SQLite, which takes about a minute."
	@mkdir -p bin
	go build $(GOFLAGS_) -o bin/cronsole ./cmd/cronsole
	@touch $(SQLITE_OBJ)

generate: ## write the generated Go files anew (job list, templ pages)
	go generate ./jobs
	go tool templ generate -path ./views

css: ## build static/app.css, the sprite and the vendored scripts (needs Node)
	npm ci --no-audit --no-fund
	npm run build

lint: ## gofumpt, go vet and golangci-lint with the import rules
	@out=$$($(GOFUMPT) -l $$(git ls-files '*.go' | grep -v _templ.go)); [ -z "$$out" ] || { echo "gofumpt would change:"; echo "$$out"; exit 1; }
	go vet ./...
	$(GOLANGCI) run

test: ## run every test; the first run compiles SQLite (about a minute)
	@command -v chromium chromium-browser google-chrome >/dev/null || echo "Chromium is not installed: the browser tests are skipped."
	go test -skip '$(PROOFS)' ./...
	$(MAKE) trust

trust: ## prove the promises of docs/promises.md, in about a minute
	go test -count=1 -parallel 12 -run '$(PROOFS)' ./cmd/... ./internal/...

soak: ## prove them again and again, larger, until DURATION (10m, 8h, 2d) is over
	@d='$(DURATION)'; n=$${d%[smhd]}; \
	case $$d in *m) n=$$((n*60));; *h) n=$$((n*3600));; *d) n=$$((n*86400));; esac; \
	end=$$((SECONDS+n)); rounds=0; \
	while [ $$SECONDS -lt $$end ]; do \
		seed=$$(od -An -N6 -tu8 /dev/urandom | tr -d ' '); \
		CRONSOLE_TEST_SEED=$$seed CRONSOLE_TEST_SCALE=$(SCALE) go test -count=1 -timeout 0 -parallel 12 -run '$(PROOFS)' ./cmd/... ./internal/... || { \
			echo "Failed in round $$((rounds+1)). Replay: CRONSOLE_TEST_SEED=$$seed CRONSOLE_TEST_SCALE=$(SCALE) make trust"; exit 1; }; \
		rounds=$$((rounds+1)); \
	done; echo "$$rounds rounds without a failure"

check: ## what CI asks: generated files current, lint, race tests
	$(MAKE) generate
	@git diff --exit-code --stat -- '*_templ.go' jobs/jobs_gen.go || { echo "Generated files were stale; commit what make generate wrote."; exit 1; }
	$(MAKE) lint
	go test -race $$(go list ./... | grep -v /cmd/)
	go test -race -skip '^TestTrust' ./cmd/...

bench: ## run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

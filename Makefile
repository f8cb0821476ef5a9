# cronsole: build, run and test. `make help` lists what there is.
SHELL      := bash
VERSION    ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GOFLAGS_   := -trimpath -ldflags "-s -w -X main.version=$(VERSION)"
GOFUMPT    := go run mvdan.cc/gofumpt@v0.12.0
GOLANGCI   := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
SQLITE_OBJ := bin/.sqlite-compiled

.DEFAULT_GOAL := help
.PHONY: help run build generate css lint test check bench

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
	go test ./...

check: ## what CI asks: generated files current, lint, race tests
	$(MAKE) generate
	@git diff --exit-code --stat -- '*_templ.go' jobs/jobs_gen.go || { echo "Generated files were stale; commit what make generate wrote."; exit 1; }
	$(MAKE) lint
	go test -race ./...

bench: ## run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

# `make help` lists the targets. Everything needed comes from the module's own
# files: Go modules only.
GO ?= go
BIN := bin/unloop
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LDFLAGS := -s -w -X github.com/unloop-dev/unloop/internal/cli.version=$(VERSION)

.PHONY: help build demo test race lint generate check accuracy fuzz bench install clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

build: ## build bin/unloop and its plugin name bin/kubectl-unloop
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/unloop
	@ln -sf unloop bin/kubectl-unloop

demo: build ## build, then diagnose the cases in the repository
	@./demo/run $(BIN)

test: ## run all tests
	$(GO) test ./...

race: ## run all tests under the race detector
	$(GO) test -race ./...

lint: ## run the pinned linters
	$(GO) tool -modfile=tools/go.mod golangci-lint run ./...

generate: ## make generated files anew
	$(GO) generate ./...

check: build lint test ## all that CI checks, except races

accuracy: ## measure on the real cases beside the checkout (../shared/cases)
	$(GO) test ./internal/accuracy -count=1 -v

FUZZTIME ?= 20s
fuzz: ## run every fuzz target for FUZZTIME
	@$(GO) list ./... | while read -r pkg; do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    echo "== $$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
	  done; \
	done

bench: ## run the benchmarks six times each
	$(GO) test -run '^$$' -bench . -benchmem -count 6 ./...

install: build ## install unloop and kubectl-unloop to DIR (default /usr/local/bin)
	install -m 0755 $(BIN) $(or $(DIR),/usr/local/bin)/unloop
	ln -sf unloop $(or $(DIR),/usr/local/bin)/kubectl-unloop

clean: ## remove what was built
	rm -rf bin

# `make help` lists the targets. Everything needed comes from the module's own
# files: Go modules only.
GO ?= go
BIN := bin/unloop
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LDFLAGS := -s -w -X github.com/unloop-dev/unloop/internal/cli.version=$(VERSION)

.PHONY: bench-capture help build image demo test race lint generate check accuracy fuzz bench install clean cluster cluster-up cluster-down e2e e2e-record

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

build: ## build bin/unloop and its plugin name bin/kubectl-unloop
	$(GO) build -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/unloop
	@ln -sf unloop bin/kubectl-unloop

IMAGE ?= unloop:latest
DOCKER ?= docker
image: ## build the image of deploy/recorder.yaml (IMAGE=NAME, DOCKER=docker|podman|buildah)
	CGO_ENABLED=0 $(GO) build -ldflags '$(LDFLAGS)' -o bin/image/unloop ./cmd/unloop
	$(DOCKER) build -t $(IMAGE) -f deploy/Dockerfile bin/image

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

cluster:
	$(GO) build -C test/cluster -o $(CURDIR)/bin/unloop-cluster .

cluster-up: cluster ## boot a real Kubernetes on this machine (UNLOOP_NODES=2, UNLOOP_KUBERNETES=1.35)
	bin/unloop-cluster up

cluster-down: cluster ## stop it and remove every trace but the cache
	bin/unloop-cluster down

# RUN=NAME one scenario (a pattern); KEEP=1 the cluster that runs, left as it is.
E2E = UNLOOP_NODES=$(or $(UNLOOP_NODES),2) $(GO) test -tags e2e ./test/e2e -count=1 -timeout 60m -v
e2e: build cluster ## prove the diagnosis on a real cluster (RUN=NAME, KEEP=1)
	$(E2E) $(if $(RUN),-run TestScenarios) -args $(if $(RUN),-scenario '$(RUN)') $(if $(KEEP),-keep)

e2e-record: build cluster ## run the scenarios and write what was seen to test/e2e/recordings
	$(E2E) -run TestScenarios -args -record $(if $(RUN),-scenario '$(RUN)') $(if $(KEEP),-keep)

FUZZTIME ?= 20s
fuzz: ## run every fuzz target for FUZZTIME
	@$(GO) list ./... | while read -r pkg; do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    echo "== $$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
	  done; \
	done

bench: ## run the benchmarks six times each
	$(GO) test -run '^$$' -bench . -benchmem -count 6 ./...

BENCHCAP ?= /tmp/unloop-bench
ROUNDS ?= 3
bench-capture: build ## compare reading a 2 GiB capture with sysdig (ROUNDS=3, BENCHCAP=FOLDER for the files)
	@mkdir -p $(BENCHCAP)
	@test -e $(BENCHCAP)/big.scap || $(GO) run ./internal/tools/gencap -o $(BENCHCAP)/big.scap
	@test -e $(BENCHCAP)/big.scap.gz || $(GO) run ./internal/tools/gencap -gzip -o $(BENCHCAP)/big.scap.gz
	@$(GO) run ./internal/tools/benchcap -unloop $(BIN) -rounds $(ROUNDS) $(BENCHCAP)/big.scap $(BENCHCAP)/big.scap.gz

install: build ## install unloop and kubectl-unloop to DIR (default /usr/local/bin)
	install -m 0755 $(BIN) $(or $(DIR),/usr/local/bin)/unloop
	ln -sf unloop $(or $(DIR),/usr/local/bin)/kubectl-unloop

clean: ## remove what was built
	rm -rf bin

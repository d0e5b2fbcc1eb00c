# The one interface for people and CI. `make help` lists the targets.
#
# Until a corpus of your own is ingested (CORPUS=DIR), everything works on a sample of synthetic
# preprints in a workspace of its own, data/sample; afterwards on the workspace `.`.

SHELL := /bin/bash
.NOTPARALLEL:

CORPUS ?=
ANNOTATIONS ?=
CUDA ?=
WORKSPACE ?= $(if $(CORPUS)$(wildcard data/covid-ct.sqlite),.,data/sample)
PREFIX ?= /usr/local
DESTDIR ?=
TRAIN ?=
SHARED ?= ../shared
DOCS ?=
BENCH ?=
MUTATE ?=
KILLS ?=
SECONDS_EACH ?=
export CORPUS ANNOTATIONS WORKSPACE TRAIN

CARGO_FLAGS := --release --locked --features train
BINARY := target/release/covid-ct

.PHONY: all
all: build ## Set up, build, and go from PDFs to a report (the sample corpus, or CORPUS=DIR)
	@tools/pipeline.sh all

.PHONY: help
help: ## This list
	@echo 'Targets:'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 16
	@echo
	@echo 'Variables:'
	@echo '  CORPUS=DIR      a folder of your own PDFs, instead of the sample'
	@echo '  ANNOTATIONS=DIR decisions to import, as `covid-ct annotations export` writes them'
	@echo '  WORKSPACE=DIR   where data/ goes [now: $(WORKSPACE)]'
	@echo '  TRAIN="..."     options for covid-ct train'
	@echo '  SHARED=DIR      papers with hand-made truth, for make score [$(SHARED)]'
	@echo '  CUDA=1          set up libtorch with CUDA'
	@echo '  LIBTORCH=DIR, LIBTORCH_USE_PYTORCH=1   use a libtorch you have'
	@echo '  PREFIX=DIR DESTDIR=DIR   where make install puts things [$(PREFIX)]'

##### Building

.PHONY: setup
setup: ## Check the system's packages and put libtorch into .libtorch/
	@tools/check-system.sh
	@tools/setup-libtorch.sh .libtorch $(if $(CUDA),cuda,cpu)

.PHONY: build
build: setup ## Build target/release/covid-ct
	cargo build $(CARGO_FLAGS)

.PHONY: test
test: setup ## Run every test
	cargo test $(CARGO_FLAGS)

.PHONY: fmt
fmt: ## Format the code
	cargo fmt

.PHONY: clippy
clippy: setup ## Lint, with and without the feature `train`
	cargo clippy --release --locked --all-targets -- -D warnings
	cargo clippy $(CARGO_FLAGS) --all-targets -- -D warnings

.PHONY: test-formats
test-formats: build ## Read exports with Hugging Face datasets, webdataset, pyarrow, mlcroissant
	@tools/test-formats.sh $(BINARY)

.PHONY: check fmt-check
check: fmt-check clippy test ## What CI runs: formatting, lints, tests, exports read by others
	@# The binary that the tests built: `build` would build it again, with fewer features of what it depends on.
	@tools/test-formats.sh $(BINARY)
fmt-check:
	cargo fmt --check

.PHONY: bench
bench: build ## Time ingest beside PyMuPDF and poppler, on SHARED and synthetic papers (DOCS=10000 for so many)
	@python3 tools/bench.py $(BINARY) data/bench --shared '$(SHARED)' $(DOCS:%=--docs %) $(BENCH)

.PHONY: fuzz
fuzz: build ## Run each fuzz target for a minute (SECONDS_EACH=60), with cargo-fuzz
	@tools/fuzz.sh $(BINARY) $(or $(SECONDS_EACH),60)

.PHONY: mutate
mutate: build ## Ingest 10,000 damaged copies of SHARED's papers, and count what becomes of them
	@python3 tools/mutate.py $(BINARY) data/mutants $(SHARED)/data/preprints $(SHARED)/data/pmc $(MUTATE)

.PHONY: torture
torture: setup ## Kill ingests of SHARED's papers 200 times; the database must come out the same
	COVID_CT_KILLS=$(or $(KILLS),200) COVID_CT_TORTURE=$(realpath $(SHARED))/data/preprints:$(realpath $(SHARED))/data/pmc \
		cargo test $(CARGO_FLAGS) --test commands torture::whoever -- --nocapture

.PHONY: bench-train
bench-train: build ## Time training and scoring beside PyTorch and torchvision, where python3 has them
	@python3 tools/bench_train.py $(BINARY) '$(SHARED)/data/covid-ct'

.PHONY: score
score: build ## Measure extraction, panels and duplicates against hand-made truth (SHARED=../shared) and a synthetic corpus
	@tools/score.sh '$(SHARED)'

##### From PDFs to a report, stage by stage

.PHONY: ingest label annotations split export train evaluate report status
ingest: build ## Read the PDFs: figures, captions, pictures (CORPUS=DIR)
label: build ## Decide at the keyboard what the pictures show
annotations: build ## Import decisions (ANNOTATIONS=DIR)
split: build ## Divide the labelled panels into train, val and test
export: build ## Write the dataset in the COVID-CT layout
train: build ## Train the baseline network on the export
evaluate: build ## Measure it on the test split
report: build ## Write data/report/index.html
status: build ## Tell what the database holds and what is left to do

ingest label annotations split export train evaluate report status:
	@tools/pipeline.sh $@

##### Installing and cleaning

# `sudo make install` takes what the user built: root seldom has a Rust toolchain.
.PHONY: install
install: $(if $(and $(SUDO_USER),$(wildcard $(BINARY))),,build) ## Install the binary, its libraries, man pages and completions (PREFIX=/usr/local)
	@tools/install.sh '$(DESTDIR)' '$(PREFIX)'

.PHONY: uninstall
uninstall: ## Remove what `make install` put there
	@tools/install.sh --uninstall '$(DESTDIR)' '$(PREFIX)'

.PHONY: clean
clean: ## Remove what was built, and the sample; your own data/ stays
	cargo clean
	rm -rf data/sample data/bench data/mutants

.PHONY: distclean
distclean: clean ## Remove .libtorch/ too
	rm -rf .libtorch

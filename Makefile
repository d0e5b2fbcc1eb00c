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
CLUSTER ?=
INSTALL ?=
T ?=
KILLS ?=
SECONDS_EACH ?=
export CORPUS ANNOTATIONS WORKSPACE TRAIN

BINARY := target/release/covid-ct
LEARNING := target/release/covid-ct-learning
VARIANT := $(if $(CUDA),cuda,cpu)
# The settings for edits and tests, and the program that they build.
DAILY := cargo --config .cargo/daily.toml
DAILY_FLAGS := --workspace --release --locked
DAILY_BINARY := target/daily/release/covid-ct

.PHONY: all
all: system ## Set up, build, and go from PDFs to a report (the sample corpus, or CORPUS=DIR)
	@tools/plan.sh $(BINARY) $(LEARNING)
	@tools/build.sh $(VARIANT) pipeline

.PHONY: help
help: ## This list
	@echo 'Targets:'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 16
	@echo
	@echo 'Variables:'
	@echo '  CORPUS=DIR      a folder of your own PDFs, instead of the sample'
	@echo '  ANNOTATIONS=DIR decisions to import, as `covid-ct annotations export` writes them'
	@echo '  WORKSPACE=DIR   where data/ goes [now: $(WORKSPACE)]'
	@echo '  TRAIN="..."     options for covid-ct train; TRAIN=full trains on the sample as on any corpus'
	@echo '  INSTALL=no      name what the system lacks, and install nothing; INSTALL=yes does not ask'
	@echo '  SHARED=DIR      papers with hand-made truth, for make score [$(SHARED)]'
	@echo '  CUDA=1          set up libtorch with CUDA'
	@echo '  LIBTORCH=DIR, LIBTORCH_USE_PYTORCH=1   use a libtorch you have'
	@echo '  PREFIX=DIR DESTDIR=DIR   where make install puts things [$(PREFIX)]'

##### Building

.PHONY: system setup
system:
	@tools/check-system.sh $(if $(filter yes,$(INSTALL)),--install) $(if $(filter no,$(INSTALL)),--no-install)
setup: system ## Check the system's packages and put libtorch into .libtorch/
	@tools/setup-libtorch.sh .libtorch $(VARIANT)

.PHONY: build
build: system ## Build target/release/covid-ct and the programs beside it: -worker, -reading, -fetching, -web, -learning
	@tools/build.sh $(VARIANT)

# Many tests wait, for a terminal or a slow server: one more at a time than there are processors.
export RUST_TEST_THREADS ?= $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN) + 1 )))

.PHONY: test
test: setup ## Run every test, or those that T="..." names, as cargo test does (T="--lib captions")
	@# Always of the whole workspace: what a part asks of its dependencies is less, and has them compiled again.
	@# Whatever is tested may have a PDF read.
	$(DAILY) build $(DAILY_FLAGS) --bin covid-ct-worker
	$(DAILY) test $(DAILY_FLAGS) $(T)

.PHONY: test-browser
test-browser: setup ## Try the page of label --web in headless Chromium
	@tools/check-system.sh --install --browser
	$(DAILY) build $(DAILY_FLAGS) --bins
	COVID_CT_BROWSER=1 $(DAILY) test $(DAILY_FLAGS) --test commands -- browser::

.PHONY: fmt
fmt: ## Format the code
	cargo fmt --all

.PHONY: clippy
clippy: setup ## Lint
	$(DAILY) clippy $(DAILY_FLAGS) --all-targets -- -D warnings

.PHONY: test-formats
test-formats: build ## Draw the diagrams, and read exports with Hugging Face datasets, webdataset, pyarrow, polars, duckdb, mlcroissant
	@SHARED='$(SHARED)' tools/test-formats.sh $(BINARY)

.PHONY: test-recipes
test-recipes: setup ## Apply the changes of docs/recipes to a copy of the sources, build that, and run their tests
	@tools/test-recipes.sh

.PHONY: deny
deny: ## Hold the dependencies to deny.toml: licences, sources, versions, advisories where they can be had
	@tools/deny.sh

.PHONY: wheel test-wheel
wheel: build ## Build target/wheel/covid_ct-*.whl: the Python package, with the programs that read papers
	@tools/wheel.sh build target/release
test-wheel: build ## Build the wheel, and try it in an empty virtual environment
	@SHARED='$(SHARED)' tools/wheel.sh test target/release

.PHONY: cluster-test
cluster-test: setup ## Read papers on a Ray cluster of three, kill machines, and compare with ingest (CLUSTER="--papers 2000 --real 96")
	$(DAILY) build $(DAILY_FLAGS) --bins
	$(DAILY) build $(DAILY_FLAGS) --example s3_service
	@SHARED='$(SHARED)' tools/cluster.sh $(dir $(DAILY_BINARY)) $(CLUSTER)

.PHONY: image-files
image-files: build ## Lay out the files of the container image in target/image, and run it there: where no container runtime is
	@tools/image.sh target/release target/image

.PHONY: check fmt-check
check: fmt-check deny clippy test ## What CI runs: formatting, dependencies, lints, tests, recipes, exports read by others
	@# On what the lints and tests have compiled.
	@tools/test-recipes.sh
	@# The program that the tests built.
	@SHARED='$(SHARED)' tools/test-formats.sh $(DAILY_BINARY)
	@SHARED='$(SHARED)' tools/wheel.sh test $(dir $(DAILY_BINARY))
fmt-check:
	cargo fmt --all --check

.PHONY: bench
bench: build ## Time ingest beside PyMuPDF and poppler, on SHARED and synthetic papers (DOCS=10000 for so many)
	@python3 tools/bench.py $(BINARY) data/bench --shared '$(SHARED)' $(DOCS:%=--docs %) $(BENCH)

.PHONY: fuzz
fuzz: build ## Run each fuzz target for a minute (SECONDS_EACH=60), with cargo-fuzz
	@tools/fuzz.sh $(BINARY) $(or $(SECONDS_EACH),60)

.PHONY: mutate
mutate: build ## Ingest 10,000 damaged copies of SHARED's papers, read 500 damaged inputs of every other kind, and count what becomes of them
	@python3 tools/mutate_inputs.py $(BINARY) data/mutant-inputs
	@python3 tools/mutate.py $(BINARY) data/mutants $(SHARED)/data/preprints $(SHARED)/data/pmc $(MUTATE)

.PHONY: torture
torture: setup ## Kill ingests of SHARED's papers 200 times, and what writes at every step; all must come out the same
	$(DAILY) build $(DAILY_FLAGS) --bin covid-ct-worker
	COVID_CT_KILLS=$(or $(KILLS),200) COVID_CT_TORTURE=$(realpath $(SHARED))/data/preprints:$(realpath $(SHARED))/data/pmc \
		$(DAILY) test $(DAILY_FLAGS) --test commands -- torture::whoever killed_writers:: --nocapture

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

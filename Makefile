# Tidegate. `make help` lists the targets.

BUILD    ?= build
DEPS     := build/deps
CC       ?= cc
PYTHON   ?= /usr/bin/python3
VERSION  := $(shell cat VERSION)

LAYERS   := base certs kube policy rollout server cli
LIB_SRC  := $(sort $(foreach l,$(filter-out cli,$(LAYERS)),$(wildcard $(l)/*.c $(l)/*/*.c)))
CLI_SRC  := $(sort $(wildcard cli/*.c))
UNIT_SRC := $(sort $(wildcard tests/unit/*/*.c))
ORACLE_SRC := $(sort $(wildcard tests/oracle/answer/*.c))
PROBE_SRC := $(sort $(wildcard tests/probe/*.c))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
HEADERS  := $(sort $(foreach l,$(LAYERS),$(wildcard $(l)/*.h $(l)/*/*.h)))

# The packages that tools/deps installs; yyjson may live below the build folder (docs/building.md).
PACKAGES   := libmicrohttpd gnutls jansson yaml-0.1 libpcre2-8 libcrypto libcurl yyjson
PKG_CONFIG := PKG_CONFIG_PATH=$(DEPS)/yyjson:$$PKG_CONFIG_PATH pkg-config

WARNINGS  := -Wall -Wextra -Wpedantic -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
             -Wold-style-definition -Wvla -Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef \
             -Wformat=2 -Wswitch-enum -Wimplicit-fallthrough
HARDENING := -fstack-protector-strong -fPIE -fno-plt
# Where the checkout lies is in no object.
PLACELESS := '-ffile-prefix-map=$(CURDIR)=.'
OPTIMISE  ?= -O2 -D_FORTIFY_SOURCE=2 -fno-semantic-interposition
SANITIZE  ?=
SAN_FLAGS := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
MODE      := $(if $(SANITIZE),-O1 $(SAN_FLAGS),$(OPTIMISE))

CPPFLAGS += -I. -D_GNU_SOURCE -DTIDEGATE_VERSION='"$(VERSION)"'
CFLAGS   += -std=c17 -g $(MODE) $(WARNINGS) $(HARDENING) $(PLACELESS) -pthread
LDFLAGS  += -pie -pthread -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(SAN_FLAGS)
RUN_PATH  = -Wl,-rpath,'$$ORIGIN/deps/yyjson/lib' -Wl,-rpath,'$$ORIGIN/../deps/yyjson/lib'

# Tests and figures stay where they were built, so they find yyjson by its place.
TEST_LIBS = -Wl,-rpath,'$(CURDIR)/$(DEPS)/yyjson/lib' $(PKG_LIBS)

LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
CLI_OBJ  := $(CLI_SRC:%.c=$(BUILD)/obj/%.o)
LIB      := $(BUILD)/libtidegate.a
UNITS    := $(UNIT_SRC:%.c=$(BUILD)/%)
REPLAYS  := $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/replay/%)
PROBE    := $(PROBE_SRC:%.c=$(BUILD)/%)

# `make V=1` prints whole commands.
Q   := $(if $(V),,@)
say  = @$(if $(V),:,$(if $(findstring s,$(firstword -$(MAKEFLAGS))),:,printf '  %-3s %s\n' $(1) $(2)))

# The programs that tools/deps only unpacks: promtool, etcd, nginx, ...
export PATH := $(PATH):$(CURDIR)/$(DEPS)/bin

.DEFAULT_GOAL := all
.PHONY: all help deps run image chart manifests check check-fast test sanitized asan tsan built programs unit golden \
        replay oracle admission cluster rollout image-test chart-test install-test test-long rules-test docs-test \
        formats reference bench bench-guard fuzz fuzzers layers headers style fmt clean FORCE

all: $(BUILD)/tidegate ## build the program at build/tidegate

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- dependencies ---------------------------------------------------------------------------------

deps: $(DEPS)/build.stamp ## install what the build needs

$(DEPS)/%.stamp: tools/deps
	@DEPS=$(DEPS) tools/deps $*
	@mkdir -p $(@D) && touch $@

golden oracle admission cluster rollout image-test chart-test install-test rules-test docs-test formats sanitized style fmt: | $(DEPS)/test.stamp

# The flags exist once the packages do; the file is made once and read by every later run.
$(DEPS)/flags.mk: $(DEPS)/build.stamp Makefile
	@cflags="$$($(PKG_CONFIG) --cflags $(PACKAGES))" && libs="$$($(PKG_CONFIG) --libs $(PACKAGES))" && \
	printf 'PKG_CFLAGS := %s\nPKG_LIBS := %s\n' "$$cflags" "$$libs" > $@.$$$$ && mv $@.$$$$ $@

ifneq ($(filter-out help clean fmt,$(or $(MAKECMDGOALS),all)),)
include $(DEPS)/flags.mk
endif

# --- the program ----------------------------------------------------------------------------------

COMPILE  = $(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(CFLAGS)
# An output appears whole or not at all, whoever interrupts make or runs two at once.
INTO     = -o $@.$$$$ && mv $@.$$$$ $@
DEPENDS  = -MMD -MP -MF $@.d -MT $@
FLAGS    = '$(subst ','\'',$(COMPILE) $(LDFLAGS) $(RUN_PATH) $(TEST_LIBS))'

# Everything is rebuilt when the compiler or its flags change, or the checkout has moved.
$(BUILD)/compile.cmd: FORCE
	@mkdir -p $(@D)
	@echo $(FLAGS) | cmp -s - $@ || echo $(FLAGS) > $@

$(BUILD)/obj/%.o: %.c $(BUILD)/compile.cmd
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(COMPILE) $(DEPENDS) -c $< $(INTO)

$(LIB): $(LIB_OBJ)
	$(Q)ar rcs $@.$$$$ $^ && mv $@.$$$$ $@

$(BUILD)/tidegate: $(CLI_OBJ) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $(RUN_PATH) $(CLI_OBJ) $(LIB) $(PKG_LIBS) $(INTO)

run: $(BUILD)/tidegate $(DEPS)/run.stamp ## build and serve the starter rules on https://127.0.0.1:8443
	@tools/run $<

# The program finds its libraries in an image where every program does.
IMAGE ?= localhost/tidegate:$(VERSION)

image: $(BUILD)/image/tidegate $(DEPS)/image.stamp ## an OCI image at build/image/tidegate.tar
	@DEPS=$(DEPS) $(PYTHON) tools/image/build $< $(IMAGE) $(BUILD)/image

$(BUILD)/image/tidegate: $(CLI_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -s $(CLI_OBJ) $(LIB) $(PKG_LIBS) $(INTO)

# Helm is built from the Go module that tests/chart pins.
HELM     = $$(tools/build-go tests/chart)/helm
# More for Helm, such as VALUES='-f mine.yaml'.
VALUES  ?=

chart: ## the Helm chart at build/tidegate-VERSION.tgz
	@helm=$(HELM) && $$helm lint --strict --quiet helm/tidegate && $$helm package -d $(BUILD) helm/tidegate >/dev/null

manifests: ## the same without Helm: build/manifests/tidegate.yaml
	@mkdir -p $(BUILD)/manifests
	@helm=$(HELM) && { cat helm/namespace.yaml && \
	    $$helm template tidegate helm/tidegate -n tidegate-system --skip-tests $(VALUES); } \
	    > $(BUILD)/manifests/$$$$ && mv $(BUILD)/manifests/$$$$ $(BUILD)/manifests/tidegate.yaml

# --- tests ----------------------------------------------------------------------------------------

# The quick tests, for the edit loop.
check: all unit golden replay layers headers style ## the quick tests, for the edit loop

# What has to hold before a change is shared.
check-fast: all unit golden layers

# What is built is built by all processors, and what is tested is tested one after the other.
JOBS := $(shell nproc)

# Everything that CI runs.
test: ## every test: a real API server, sanitizers, the Go libraries
	+@$(MAKE) --no-print-directory -j$(JOBS) built programs
	+@$(MAKE) --no-print-directory check
	+@$(MAKE) --no-print-directory rules-test docs-test formats admission
	+@$(MAKE) --no-print-directory sanitized
	+@$(MAKE) --no-print-directory oracle cluster chart-test rollout image-test install-test
	@echo "make test: everything passed"

# The same sources by another compiler, and under the sanitizers.
sanitized: ## by clang, and under the sanitizers
	+@$(MAKE) --no-print-directory BUILD=$(BUILD)/clang CC=clang -j$(JOBS) all
	+@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan SANITIZE=address,undefined -j$(JOBS) built
	+@$(MAKE) --no-print-directory BUILD=$(BUILD)/tsan SANITIZE=thread -j$(JOBS) built
	+@$(MAKE) --no-print-directory -j2 --output-sync asan tsan

# Beside each other: nearly all of their time is waiting.
asan:
	+@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan SANITIZE=address,undefined unit golden replay admission

tsan:
	+@$(MAKE) --no-print-directory BUILD=$(BUILD)/tsan SANITIZE=thread unit admission

built: all $(UNITS) $(REPLAYS) $(PROBE) # what tests run of ours

# Kubernetes and Helm, of the Go modules that the tests pin: minutes the first time, then nothing.
programs: | $(DEPS)/test.stamp
	@tests/cluster/build >/dev/null
	@tools/build-go tests/chart >/dev/null

unit: $(UNITS) # every unit test
	@tools/run-units $(UNITS)

# Those of cli/ are linked with it, but for main.
$(filter $(BUILD)/tests/unit/cli/%,$(UNITS)): $(filter-out %/main.o,$(CLI_OBJ))

$(UNITS): $(BUILD)/tests/unit/%: tests/unit/%.c $(LIB) $(BUILD)/compile.cmd
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(COMPILE) -Itests -I$(dir $<) $(DEPENDS) $< $(filter %.o,$^) $(LIB) $(LDFLAGS) $(TEST_LIBS) -lcmocka $(INTO)

golden: $(BUILD)/tidegate # every word that the program says (tests/golden/run --update rewrites)
	@$(PYTHON) tests/golden/run --program $(BUILD)/tidegate
	@$(PYTHON) tests/golden/hints --program $(BUILD)/tidegate

replay: $(REPLAYS) # every fuzzer over its corpus
	@for f in $(REPLAYS); do $$f tests/fuzz/corpus/$$(basename $$f | sed s/^fuzz_//) || exit 1; done

$(REPLAYS): $(BUILD)/replay/%: tests/fuzz/%.c tests/fuzz/replay.c $(LIB) $(BUILD)/compile.cmd
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(COMPILE) -Itests -I$(dir $<) $(DEPENDS) tests/fuzz/replay.c $< $(LIB) $(LDFLAGS) $(TEST_LIBS) $(INTO)

# Our answers beside those of the Go libraries that define the behaviour. Needs the Go that go.mod
# asks for, and the first time the module proxy.
oracle: $(BUILD)/tests/oracle/answer ## compare with the upstream Go libraries
	@cd tests/oracle && GOTOOLCHAIN=local GOFLAGS=-mod=readonly CGO_ENABLED=0 \
	"$$(../../tools/find-go go.mod)" test -count=1 . -answer "$(abspath $<)"

$(BUILD)/tests/oracle/answer: $(ORACLE_SRC) $(LIB) $(BUILD)/compile.cmd
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(COMPILE) $(ORACLE_SRC) $(LIB) $(LDFLAGS) $(TEST_LIBS) $(INTO)

# What has no subcommand of its own, called by tests.
$(PROBE): $(BUILD)/%: %.c $(LIB) $(BUILD)/compile.cmd
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(COMPILE) $(DEPENDS) $< $(LIB) $(LDFLAGS) $(TEST_LIBS) $(INTO)

PYTEST = $(PYTHON) -m pytest -q -p no:cacheprovider

admission: $(BUILD)/tidegate $(PROBE) # over real TLS
	@TIDEGATE=$(abspath $<) $(PYTEST) tests/admission

cluster: $(BUILD)/tidegate $(PROBE) # under a real kube-apiserver, with kubectl
	@TIDEGATE=$(abspath $<) $(PYTEST) tests/cluster

image-test: image # the image, as a pod too
	@IMAGE=$(IMAGE) PYTHONPATH=$(DEPS)/python $(PYTEST) tests/image

chart-test: $(BUILD)/tidegate # the chart, by Helm, promtool and a real kube-apiserver
	@TIDEGATE=$(abspath $<) $(PYTEST) tests/chart

install-test: image $(BUILD)/tidegate # installed by Helm on a node with real pods
	@TIDEGATE=$(abspath $(BUILD)/tidegate) $(PYTEST) tests/install

rollout: $(BUILD)/tidegate # on a node with real pods
	@TIDEGATE=$(abspath $<) $(PYTEST) tests/rollout

# What takes too long for each change: 50 kills of the leader, soaks as they are written, a CA of
# three minutes.
test-long: $(BUILD)/tidegate | $(DEPS)/test.stamp ## what takes a quarter of an hour and more
	@TIDEGATE=$(abspath $<) TIDEGATE_KILLS=50 TIDEGATE_LONG=1 \
	    $(PYTEST) tests/rollout/test_guard_kill.py tests/rollout/test_smarthr360.py
	@TIDEGATE=$(abspath $<) TIDEGATE_LONG=1 $(PYTEST) tests/cluster/test_certificates.py

rules-test: $(BUILD)/tidegate # the rule packs, each against its examples
	@TIDEGATE=$(abspath $<) $(PYTEST) tests/rules

formats: $(BUILD)/tidegate $(PROBE) # what eval prints, by the readers of its formats
	@TIDEGATE=$(abspath $<) $(PYTEST) tests/formats

docs-test: $(BUILD)/tidegate # what the documentation says is done
	@TIDEGATE=$(abspath $<) $(PYTEST) tests/docs

# --- figures, fuzzing ------------------------------------------------------------------------------

BENCHES := $(BUILD)/bench/evaluate $(BUILD)/bench/review

bench: $(BUILD)/tidegate $(BENCHES) $(DEPS)/bench.stamp ## figures of speed and size, as ratios
	@tests/bench/run $< $(BUILD)/bench

bench-guard: $(BUILD)/tidegate | $(DEPS)/test.stamp ## what the guard of 1,000 workloads takes
	@TIDEGATE=$(abspath $<) tests/bench/guard

$(BENCHES): $(BUILD)/bench/%: tests/bench/%.c $(LIB) $(BUILD)/compile.cmd
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(COMPILE) $(DEPENDS) $< $(LIB) $(LDFLAGS) $(TEST_LIBS) $(INTO)

# Each fuzzer for FUZZ_SECONDS; what it finds stays in build/fuzz.
FUZZ_SECONDS ?= 60
FUZZERS := $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/fuzz/%)

fuzz: $(DEPS)/fuzz.stamp ## look for new inputs with libFuzzer, FUZZ_SECONDS each
	+@$(MAKE) --no-print-directory BUILD=$(BUILD)/libfuzzer CC=clang \
	    SANITIZE=fuzzer-no-link,address,undefined fuzzers
	@for f in $(FUZZ_SRC:tests/fuzz/fuzz_%.c=%); do \
	    mkdir -p $(BUILD)/fuzz/$$f && \
	    $(BUILD)/libfuzzer/fuzz/fuzz_$$f -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$(BUILD)/fuzz/$$f- \
	        $(BUILD)/fuzz/$$f tests/fuzz/corpus/$$f || exit 1; done

fuzzers: $(FUZZERS)
$(FUZZERS): $(BUILD)/fuzz/%: tests/fuzz/%.c $(LIB) $(BUILD)/compile.cmd
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(COMPILE) -fsanitize=fuzzer -Itests $< $(LIB) $(LDFLAGS) $(TEST_LIBS) $(INTO)

# --- style ----------------------------------------------------------------------------------------

reference: $(BUILD)/tidegate ## write docs/checks.md from the program's tables
	@$< rules --format markdown > docs/checks.md

layers: # no include points up
	@tools/check-layers $(LAYERS)

headers: $(HEADERS:%=$(BUILD)/headers/%.ok) # every header compiles alone
$(BUILD)/headers/%.ok: % $(BUILD)/compile.cmd
	@mkdir -p $(@D)
	@$(COMPILE) -x c -fsyntax-only $< && touch $@

style: # formatting, banned calls, lengths
	@tools/check-style

fmt: ## lay the sources out by .clang-format
	@clang-format -i $$(find $(wildcard $(LAYERS)) tests -name '*.[ch]')

clean: ## remove what was built, keep what was installed
	@rm -rf $(filter-out $(DEPS),$(wildcard $(BUILD)/*))

-include $(addsuffix .d,$(LIB_OBJ) $(CLI_OBJ) $(UNITS) $(REPLAYS) $(BENCHES) $(PROBE))

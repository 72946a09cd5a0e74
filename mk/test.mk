# Tests. Each suite is a target of its own; `make test` runs them side by side by tools/run-suites.

.PHONY: check test sanitized built programs unit golden oracle admission memory cluster rollout image-test \
        chart-test install-test test-long rules-test docs-test formats layers headers style

UNIT_SRC   := $(sort $(wildcard tests/unit/*/*.c tests/unit/*/*/*.c))
ORACLE_SRC := $(sort $(wildcard tests/contract/oracle/answer/*.c))
PROBE_SRC  := $(sort $(wildcard tests/system/probe/*.c))
HEADERS    := $(sort $(foreach l,$(LAYERS),$(wildcard $(l)/*.h $(l)/*/*.h)))
UNITS      := $(UNIT_SRC:%.c=$(BUILD)/%)
PROBE      := $(PROBE_SRC:%.c=$(BUILD)/%)
HEADERS_OK := $(HEADERS:%=$(BUILD)/headers/%.ok)

golden oracle admission memory cluster rollout image-test chart-test install-test rules-test docs-test formats \
    sanitized style programs: | $(DEPS)/test.stamp

check: all unit golden replay layers headers style ## the quick tests, for the edit loop

test: | $(DEPS)/test.stamp $(DEPS)/image.stamp ## every test: a real API server, sanitizers, the Go libraries
	@MAKE=$(MAKE_COMMAND) $(PYTHON) tools/run-suites

# The same sources under the sanitizers, in folders of their own: make asan-unit, tsan-admission, ...
# AddressSanitizer is clang's and ThreadSanitizer is gcc's, so both compilers build everything.
ASAN     = BUILD=$(BUILD)/asan CC=clang SANITIZE=address,undefined
TSAN     = BUILD=$(BUILD)/tsan SANITIZE=thread UNIT_SRC='$(THREADED)'
# Where nothing starts a thread there is no race to find.
THREADED = $(patsubst $(BUILD)/%,%.c,$(shell for u in $(UNITS); do \
    nm -D $$u | grep -q ' U pthread_create' && echo $$u; done))

asan-%: FORCE
	+@$(MAKE) --no-print-directory $(ASAN) $*

tsan-%: $(UNITS) FORCE
	+@$(MAKE) --no-print-directory $(TSAN) $*

sanitized: asan-unit asan-golden asan-replay asan-admission tsan-unit tsan-admission ## under the sanitizers

built: all $(UNITS) $(REPLAYS) $(PROBE) # what tests run of ours

# Kubernetes and Helm, of the Go modules that the tests pin: minutes the first time, then nothing.
programs:
	@tests/system/cluster/build >/dev/null
	@tools/build-go tests/system/chart >/dev/null

# --- the program's parts

unit: $(UNITS) # every unit test
	@tools/run-units $(UNITS)

# Those of cli/ are linked with it, but for main.
$(filter $(BUILD)/tests/unit/cli/%,$(UNITS)): $(filter-out %/main.o,$(CLI_OBJ))

$(UNITS): $(BUILD)/tests/unit/%: tests/unit/%.c $(LIB) $(BUILD)/compile.cmd
	$(call program,-Itests -Itests/lib -I$(dir $<),-lcmocka)

golden: $(BUILD)/tidegate # every word that the program says (tests/golden/run --update rewrites)
	@$(PYTHON) tests/golden/run --program $(BUILD)/tidegate
	@$(PYTHON) tests/golden/hints --program $(BUILD)/tidegate

# Our answers beside those of the Go libraries that define the behaviour. Needs the Go that go.mod
# asks for, and the first time the module proxy.
oracle: $(BUILD)/tests/contract/oracle/answer ## compare with the upstream Go libraries
	@tools/shapes --check
	@cd tests/contract/oracle && GOTOOLCHAIN=local GOFLAGS=-mod=readonly CGO_ENABLED=0 \
	"$$(../../../tools/find-go go.mod)" test -count=1 . -answer "$(abspath $<)"

$(BUILD)/tests/contract/oracle/answer: $(ORACLE_SRC) $(LIB) $(BUILD)/compile.cmd
	$(call program)

# What has no subcommand of its own, called by tests.
$(PROBE): $(BUILD)/%: %.c $(LIB) $(BUILD)/compile.cmd
	$(call program)

# --- the whole program

PYTEST     = TIDEGATE=$(abspath $(BUILD)/tidegate) $(PYTHON) -m pytest -q -p no:cacheprovider
# A file a worker. They wait more than they work, so there are more of them than processors.
SIDEWAYS   = -n 12 --dist loadfile

admission: $(BUILD)/tidegate $(PROBE) # over real TLS
	@$(PYTEST) $(SIDEWAYS) tests/system/admission

# What measures memory, which has to be without a sanitizer's.
memory: $(BUILD)/tidegate $(PROBE)
	@$(PYTEST) -m memory tests/system/admission

rules-test: $(BUILD)/tidegate # the rule packs, each against its examples
	@$(PYTEST) tests/contract/rules

formats: $(BUILD)/tidegate $(PROBE) # what eval prints, by the readers of its formats
	@$(PYTEST) tests/contract/formats

docs-test: $(BUILD)/tidegate # what the documentation says is done
	@$(PYTEST) tests/contract/docs

# Each worker has a cluster of its own: a guard and its webhook are of a whole cluster.
CLUSTERS   = --dist loadfile -n

cluster: $(BUILD)/tidegate $(PROBE) # under a real kube-apiserver, with kubectl
	@$(PYTEST) $(CLUSTERS) 3 tests/system/cluster

chart-test: $(BUILD)/tidegate # the chart, by Helm, promtool and a real kube-apiserver
	@$(PYTEST) tests/system/chart

rollout: $(BUILD)/tidegate # on a node with real pods
	@$(PYTEST) $(CLUSTERS) 4 tests/system/rollout

image-test: image # the image, as a pod too
	@IMAGE=$(IMAGE) PYTHONPATH=$(DEPS)/python $(PYTEST) tests/system/image

install-test: image $(BUILD)/tidegate # installed by Helm on a node with real pods
	@$(PYTEST) $(CLUSTERS) 3 tests/system/install

# What takes too long for each change, or needs a machine that does nothing else: 50 kills of the leader,
# soaks as they are written, a CA of three minutes, and the seconds that are promised.
LONG_ROLLOUT = kill failures kinds
test-long: $(BUILD)/tidegate $(PROBE) | $(DEPS)/test.stamp ## what takes half an hour, on an idle machine
	@TIDEGATE_LONG=1 $(PYTEST) tests/system/admission/test_deadline.py
	@TIDEGATE_KILLS=50 TIDEGATE_LONG=1 $(PYTEST) $(LONG_ROLLOUT:%=tests/system/rollout/test_guard_%.py) \
	    tests/system/rollout/test_smarthr360.py
	@TIDEGATE_LONG=1 $(PYTEST) tests/system/cluster/test_certificates.py tests/system/cluster/test_kube.py

# --- the sources

layers: # no include points up, and no modules include each other in a ring
	@tools/check-layers

# Every header compiles alone, and all of them in one file; one of macros is an empty unit to -Wpedantic.
headers: $(HEADERS_OK) $(BUILD)/headers/all.ok

$(HEADERS_OK): $(BUILD)/headers/%.ok: % $(BUILD)/compile.cmd
	@mkdir -p $(@D)
	@$(COMPILE) $(DEPENDS) -Wno-pedantic -x c -fsyntax-only $< && touch $@

$(BUILD)/headers/all.ok: $(HEADERS) $(BUILD)/compile.cmd
	@mkdir -p $(@D)
	@printf '#include "%s"\n' $(HEADERS) | $(COMPILE) -Wno-pedantic -x c -fsyntax-only - && touch $@

style: # formatting, banned calls, lengths, retired words
	@tools/check-style

# Fuzzers, and figures of speed and size.

.PHONY: fuzz fuzzers replay bench bench-guard instructions instructions-update

FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
REPLAYS  := $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/replay/%)
FUZZERS  := $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/fuzz/%)
BENCHES  := $(BUILD)/bench/cel $(BUILD)/bench/evaluate $(BUILD)/bench/review $(BUILD)/bench/worst

replay: $(REPLAYS) # every fuzzer over its corpus
	@for f in $(REPLAYS); do $$f tests/fuzz/corpus/$$(basename $$f | sed s/^fuzz_//) || exit 1; done

$(REPLAYS): $(BUILD)/replay/%: tests/fuzz/replay.c tests/fuzz/%.c $(LIB) $(BUILD)/compile.cmd
	$(call program,-Itests -Itests/lib -Itests/fuzz)

# Each fuzzer for FUZZ_SECONDS; what it finds stays in build/fuzz.
FUZZ_SECONDS ?= 60

fuzz: $(DEPS)/fuzz.stamp ## look for new inputs with libFuzzer, FUZZ_SECONDS each
	+@$(MAKE) --no-print-directory BUILD=$(BUILD)/libfuzzer CC=clang \
	    SANITIZE=fuzzer-no-link,address,undefined fuzzers
	@for f in $(FUZZ_SRC:tests/fuzz/fuzz_%.c=%); do \
	    mkdir -p $(BUILD)/fuzz/$$f && \
	    $(BUILD)/libfuzzer/fuzz/fuzz_$$f -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$(BUILD)/fuzz/$$f- \
	        $(BUILD)/fuzz/$$f tests/fuzz/corpus/$$f || exit 1; done

fuzzers: $(FUZZERS)
$(FUZZERS): $(BUILD)/fuzz/%: tests/fuzz/%.c $(LIB) $(BUILD)/compile.cmd
	$(call program,-fsanitize=fuzzer -Itests -Itests/lib)

bench: $(BUILD)/tidegate $(BENCHES) $(DEPS)/bench.stamp ## figures of speed and size, as ratios
	@tests/bench/run $< $(BUILD)/bench

# What a review costs, held by a count: a machine that is busy counts the same.
instructions instructions-update: $(BUILD)/bench/review | $(DEPS)/test.stamp
	@tests/bench/instructions $(if $(findstring update,$@),--update) $<

bench-guard: $(BUILD)/tidegate | $(DEPS)/test.stamp ## what the guard of 1,000 workloads takes
	@TIDEGATE=$(abspath $<) tests/bench/guard

$(BENCHES): $(BUILD)/bench/%: tests/bench/%.c $(LIB) $(BUILD)/compile.cmd
	$(call program,-Itests -Itests/lib)

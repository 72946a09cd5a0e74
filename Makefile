# Tidegate. `make help` lists the targets; mk/ has those of tests, of fuzzing and of what is shipped.

BUILD    ?= build
DEPS     := build/deps
CC       ?= cc
PYTHON   ?= /usr/bin/python3
VERSION  := $(shell cat VERSION)

LAYERS   := base cel certs kube policy rollout server cli
LIB_SRC  := $(sort $(foreach l,$(filter-out cli,$(LAYERS)),$(wildcard $(l)/*.c $(l)/*/*.c)))
CLI_SRC  := $(sort $(wildcard cli/*.c cli/*/*.c))

# The packages that tools/deps installs; yyjson may live below the build folder (docs/building.md).
PACKAGES   := libmicrohttpd gnutls jansson yaml-0.1 libpcre2-8 libcrypto libcurl zlib yyjson
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

# `make V=1` prints whole commands.
Q   := $(if $(V),,@)
say  = @$(if $(V),:,$(if $(findstring s,$(firstword -$(MAKEFLAGS))),:,printf '  %-3s %s\n' $(1) $(2)))

# The programs that tools/deps only unpacks: promtool, etcd, nginx, ...
export PATH := $(PATH):$(CURDIR)/$(DEPS)/bin

.DEFAULT_GOAL := all
.PHONY: all help deps run reference shapes unicode fmt clean FORCE

all: $(BUILD)/tidegate ## build the program at build/tidegate

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- dependencies ---------------------------------------------------------------------------------

deps: $(DEPS)/build.stamp ## install what the build needs

$(DEPS)/%.stamp: tools/deps
	@DEPS=$(DEPS) tools/deps $*
	@mkdir -p $(@D) && touch $@

# The flags exist once the packages do; the file is made once and read by every later run.
$(DEPS)/flags.mk: $(DEPS)/build.stamp Makefile
	@cflags="$$($(PKG_CONFIG) --cflags $(PACKAGES))" && libs="$$($(PKG_CONFIG) --libs $(PACKAGES))" && \
	printf 'PKG_CFLAGS := %s\nPKG_LIBS := %s\n' "$$cflags" "$$libs" > $@.$$$$ && mv $@.$$$$ $@

ifneq ($(filter-out help clean fmt,$(or $(MAKECMDGOALS),all)),)
include $(DEPS)/flags.mk
endif
PKG_LIBS += -lm # whose functions are no builtins in each mode

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

# A program that is run where it was built: $(call program,FLAGS,LIBRARIES).
define program
@mkdir -p $(@D)
$(call say,CC,$@)
$(Q)$(COMPILE) $(1) $(DEPENDS) $(filter %.c %.o,$^) $(LIB) $(LDFLAGS) $(TEST_LIBS) $(2) $(INTO)
endef

$(LIB): $(LIB_OBJ)
	$(Q)ar rcs $@.$$$$ $^ && mv $@.$$$$ $@

$(BUILD)/tidegate: $(CLI_OBJ) $(LIB)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $(RUN_PATH) $(CLI_OBJ) $(LIB) $(PKG_LIBS) $(INTO)

run: $(BUILD)/tidegate $(DEPS)/run.stamp ## build and serve the starter rules on https://127.0.0.1:8443
	@tools/run $<

shapes: | $(DEPS)/test.stamp ## write policy/shapes/shapes.inc from the Kubernetes that tests/system/cluster pins
	@tools/shapes > $(BUILD)/shapes.inc && mv $(BUILD)/shapes.inc policy/shapes/shapes.inc

unicode: ## write cel/regex/unicode.inc from the tables of Go
	@GOTOOLCHAIN=local "$$(tools/find-go tests/contract/oracle/go.mod)" run tools/unicode/main.go > $(BUILD)/unicode.inc && \
	    mv $(BUILD)/unicode.inc cel/regex/unicode.inc

reference: $(BUILD)/tidegate ## write docs/checks.md from the program's tables, and the chart's README from its values
	@$< rules --format markdown > docs/checks.md
	@tools/chart-readme > helm/tidegate/README.md

fmt: | $(DEPS)/test.stamp ## lay the sources out by .clang-format
	@clang-format -i $$(find $(wildcard $(LAYERS)) tests -name '*.[ch]')

clean: ## remove what was built, keep what was installed
	@rm -rf $(filter-out $(DEPS),$(wildcard $(BUILD)/*))

include mk/ship.mk mk/fuzz.mk mk/test.mk

-include $(addsuffix .d,$(LIB_OBJ) $(CLI_OBJ) $(UNITS) $(REPLAYS) $(BENCHES) $(PROBE) $(HEADERS_OK))

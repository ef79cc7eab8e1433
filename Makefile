# GNU make. `make demo` and `make check` install what is missing by themselves; see INSTALL.
#
#   all demo check lint bench fuzz install uninstall clean dist
#   SAN=1     builds with ASan and UBSan below build/san
#   PREFIX, DESTDIR, CC, CFLAGS, LDFLAGS as usual

VERSION = $(shell sed -n 's/^\#define MSG_VERSION "\(.*\)"/\1/p' common/option.h)
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= cc
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config

ifdef SAN
BUILD ?= build/san
BIN ?= $(BUILD)/bin
SANFLAGS = -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif
BUILD ?= build
BIN ?= bin

WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wpointer-arith -Wwrite-strings -Wvla -Wundef -Wformat=2 -Wformat-security -Wnull-dereference \
	-Wimplicit-fallthrough -Werror=implicit-function-declaration -Wno-overlength-strings
HARDEN = -fstack-protector-strong -D_FORTIFY_SOURCE=2
ALL_CFLAGS = -std=c17 -D_POSIX_C_SOURCE=200809L $(WARNINGS) $(if $(SAN),$(SANFLAGS),$(HARDEN)) -I. -I$(BUILD) \
	$(shell $(PKG_CONFIG) --cflags jansson yaml-0.1 sqlite3 libsodium libcurl libmicrohttpd 2>/dev/null) $(CFLAGS) $(CPPFLAGS)
ALL_LDFLAGS = -Wl,--as-needed $(SANFLAGS) $(LDFLAGS)
ifeq ($(shell uname),Darwin)
ALL_LDFLAGS = $(SANFLAGS) $(LDFLAGS)
endif

# What each program links; the linker takes only what it uses.
LIBS_base = jansson yaml-0.1
LIBS_msg-send = $(LIBS_base) sqlite3 libsodium libcurl
LIBS_msg-route = $(LIBS_base) sqlite3 libsodium
LIBS_msg-optin = $(LIBS_base) sqlite3 libsodium
LIBS_msg-receipts = $(LIBS_base) sqlite3 libsodium
LIBS_msg-bot = $(LIBS_base) sqlite3 libsodium readline
LIBS_msg-seal = $(LIBS_base) libsodium
LIBS_test = $(LIBS_base) sqlite3 libsodium libcurl cmocka

PROGRAMS = $(basename $(notdir $(wildcard cmd/msg-*.c)))
SOURCES = $(wildcard common/*.c common/*/*.c)
OBJECTS = $(SOURCES:%.c=$(BUILD)/%.o)
GENERATED = $(BUILD)/gen/e164.inc $(BUILD)/gen/nanp.inc $(BUILD)/gen/keywords.inc
UNIT_TESTS = $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))

CARRIER_OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/carrier/*.c))

.PHONY: all unit carrier clean
all: $(PROGRAMS:%=$(BIN)/%)

$(BUILD)/%.o: %.c | $(GENERATED)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/libmsg.a: $(OBJECTS)
	@rm -f $@
	ar rcs $@ $(OBJECTS)

.SECONDARY: $(PROGRAMS:%=$(BUILD)/cmd/%.o)
$(BIN)/%: $(BUILD)/cmd/%.o $(BUILD)/libmsg.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $< $(BUILD)/libmsg.a $(shell $(PKG_CONFIG) --libs $(LIBS_$*))

# Tables that anyone can correct: data/*.tsv -> C rows.
$(BUILD)/gen/e164.inc: tools/gen-e164.awk common/address/data/e164.tsv
$(BUILD)/gen/nanp.inc: tools/gen-nanp.awk common/address/data/nanp.tsv
$(BUILD)/gen/keywords.inc: tools/gen-keywords.awk common/policy/data/keywords.tsv
$(GENERATED):
	@mkdir -p $(@D)
	LC_ALL=C awk -f $^ > $@.new && mv $@.new $@

$(BUILD)/tests/%: tests/unit/%.c $(BUILD)/libmsg.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -o $@ $< $(ALL_LDFLAGS) $(BUILD)/libmsg.a $(shell $(PKG_CONFIG) --libs $(LIBS_test))

# The loopback carrier that tests and the benchmark send to.
carrier: $(BUILD)/carrier
$(BUILD)/carrier: $(CARRIER_OBJECTS) $(BUILD)/libmsg.a
	$(CC) $(ALL_LDFLAGS) -o $@ $(CARRIER_OBJECTS) $(BUILD)/libmsg.a $(shell $(PKG_CONFIG) --libs $(LIBS_base) libmicrohttpd) -pthread

unit: $(UNIT_TESTS)
	@for t in $(UNIT_TESTS); do $$t || exit 1; done

clean:
	rm -rf build bin completions

-include $(OBJECTS:.o=.d) $(PROGRAMS:%=$(BUILD)/cmd/%.d) $(UNIT_TESTS:%=%.d) $(CARRIER_OBJECTS:.o=.d)

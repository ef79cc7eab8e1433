# GNU make. `make demo` and `make check` install what is missing by themselves; see INSTALL.
#
#   all        programs to bin/, completions to completions/
#   demo       examples/reminders.sh against the sandbox carrier
#   check      every test; ends with "N passed, N failed, N skipped"
#   memcheck   unit tests and part of the command tests under valgrind
#   faults     kills at random moments (ROUNDS=200), disks that fail at each write, providers at their worst, tampering
#   bench fuzz lint install uninstall clean dist deps
#
#   SAN=1               ASan and UBSan, below build/san; with `check` too
#   T="buf msg-send"    the tests of that name only; with bench its parts: T="send queue"
#   NO_DEPS=1           install nothing
#   V=1                 show the commands
#   PREFIX, DESTDIR, CC, CFLAGS, LDFLAGS, PKG_CONFIG, JOBS as usual

VERSION := $(shell sed -n 's/^\#define MSG_VERSION "\(.*\)"/\1/p' common/option.h)
PREFIX ?= /usr/local
DESTDIR ?=
BINDIR ?= $(PREFIX)/bin
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
DOCDIR ?= $(DATADIR)/doc/msg
CC ?= cc
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
FUZZ_SECONDS ?= 30
JOBS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

ifdef SAN
BUILD ?= build/san
BIN ?= $(BUILD)/bin
SANFLAGS = -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif
ifdef FUZZER
BUILD ?= build/fuzzer
BIN ?= $(BUILD)/bin
SANFLAGS = -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif
BUILD ?= build
BIN ?= bin

# What each program links; the linker takes only what it uses.
LIBS_base = jansson yaml-0.1
LIBS_store = $(LIBS_base) sqlite3 libsodium
LIBS_msg-send = $(LIBS_store) libcurl
LIBS_msg-route = $(LIBS_store)
LIBS_msg-optin = $(LIBS_store)
LIBS_msg-receipts = $(LIBS_store)
LIBS_msg-bot = $(LIBS_store) readline
LIBS_msg-seal = $(LIBS_base) libsodium
LIBS_carrier = $(LIBS_base) libmicrohttpd
LIBS_test = $(LIBS_store) libcurl readline cmocka
LIBS_fuzz = $(LIBS_store) libcurl
LIBS_bench = sqlite3
LIBS_all = $(sort $(LIBS_msg-send) $(LIBS_msg-bot) $(LIBS_carrier) $(LIBS_test))

# libs NAME: how to link what NAME needs. Without pkg-config the usual names have to do.
FLAG_jansson = -ljansson
FLAG_yaml-0.1 = -lyaml
FLAG_sqlite3 = -lsqlite3
FLAG_libsodium = -lsodium
FLAG_libcurl = -lcurl
FLAG_libmicrohttpd = -lmicrohttpd
FLAG_readline = -lreadline
FLAG_cmocka = -lcmocka
HAVE_PKG_CONFIG := $(shell command -v $(PKG_CONFIG) 2>/dev/null)
libs_of = $(or $(LIBS_$(1)),$(LIBS_store) libcurl)
libs = $(if $(HAVE_PKG_CONFIG),$(shell $(PKG_CONFIG) --libs $(libs_of)),$(foreach l,$(libs_of),$(FLAG_$(l))))
LIB_CFLAGS := $(filter -I%,$(foreach l,$(if $(HAVE_PKG_CONFIG),$(LIBS_all)),$(shell $(PKG_CONFIG) --cflags $(l) 2>/dev/null)))

WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wpointer-arith -Wwrite-strings -Wvla -Wundef -Wformat=2 -Wformat-security -Wnull-dereference \
	-Wimplicit-fallthrough -Werror=implicit-function-declaration -Wno-overlength-strings
HARDEN = -fstack-protector-strong -D_FORTIFY_SOURCE=2
ALL_CFLAGS = -std=c17 -D_POSIX_C_SOURCE=200809L $(WARNINGS) $(or $(SANFLAGS),$(HARDEN)) -I. -I$(BUILD) \
	$(LIB_CFLAGS) $(CFLAGS) $(CPPFLAGS)
ALL_LDFLAGS = $(if $(filter Darwin,$(shell uname)),-Wl$(comma)-dead_strip_dylibs,-Wl$(comma)--as-needed) -pthread $(SANFLAGS) $(LDFLAGS)
comma = ,

PROGRAMS = $(basename $(notdir $(wildcard cmd/msg-*.c)))
SOURCES = $(wildcard common/*.c common/*/*.c)
OBJECTS = $(SOURCES:%.c=$(BUILD)/%.o)
GENERATED = $(BUILD)/gen/e164.inc $(BUILD)/gen/nanp.inc $(BUILD)/gen/keywords.inc $(BUILD)/gen/consent.inc $(BUILD)/gen/implied.inc $(BUILD)/gen/sender-id.inc $(BUILD)/gen/fold.inc \
	$(BUILD)/gen/grapheme.inc $(BUILD)/gen/gsm7.inc $(BUILD)/gen/compose.inc $(BUILD)/gen/smart.inc
GENERATED += $(addprefix $(BUILD)/gen/,hours.inc holidays.inc places.inc zones.inc areas.inc)
GENERATED += $(addprefix $(BUILD)/gen/,plain-words.inc plain-rules.inc replies.inc carriers.inc)
GENERATED += $(BUILD)/gen/channels.inc $(BUILD)/gen/needs.inc $(BUILD)/gen/shares.inc
UNIT_TESTS = $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
CARRIER_OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/carrier/*.c))
BENCH_TOOLS = $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c))
# Words of advertising.
GENERATED += $(addprefix $(BUILD)/gen/,content.inc shorteners.inc optout-texts.inc)
FUZZ_TARGETS = $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
COMPLETIONS = $(foreach p,$(PROGRAMS),completions/bash/$(p) completions/zsh/_$(p) completions/fish/$(p).fish)
MANUALS = $(wildcard man/*.[157])
# With -j given to make itself its jobs are shared; else as many as there are processors.
PARALLEL = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS)) --no-print-directory
TEST_ENV = MSG_BIN=$(abspath $(BIN)) MSG_BUILD=$(abspath $(BUILD))

ifdef V
say = @:
else
say = @printf '%-5s %s\n'
Q = @
endif

.PHONY: all programs unit carrier tests demo check checked memcheck faults bench fuzz lint install uninstall clean dist deps FORCE
all: programs $(if $(filter bin,$(BIN)),$(COMPLETIONS))
programs: $(PROGRAMS:%=$(BIN)/%)

# Other flags or another compiler: everything again.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS)' | cmp -s - $@ || printf '%s\n' '$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS)' >$@

$(BUILD)/%.o: %.c $(BUILD)/flags | $(GENERATED)
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/libmsg.a: $(OBJECTS)
	@rm -f $@
	$(say) AR $@
	$(Q)ar rcs $@ $(OBJECTS)

.SECONDARY: $(PROGRAMS:%=$(BUILD)/cmd/%.o)
$(BIN)/%: $(BUILD)/cmd/%.o $(BUILD)/libmsg.a
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(BUILD)/libmsg.a $(call libs,$*)

# Tables that anyone can correct: data/*.tsv -> C rows.
$(BUILD)/gen/e164.inc: tools/gen-e164.awk common/address/data/e164.tsv
$(BUILD)/gen/nanp.inc: tools/gen-nanp.awk common/address/data/nanp.tsv
$(BUILD)/gen/areas.inc: tools/gen-areas.awk common/address/data/nanp.tsv
$(BUILD)/gen/hours.inc: tools/gen-hours.awk common/policy/data/hours.tsv
$(BUILD)/gen/holidays.inc: tools/gen-holidays.awk common/policy/data/holidays.tsv
$(BUILD)/gen/places.inc: tools/gen-places.awk common/policy/data/places.tsv
$(BUILD)/gen/zones.inc: tools/gen-zones.awk common/policy/data/zones.tsv
$(BUILD)/gen/keywords.inc: tools/gen-keywords.awk common/policy/data/keywords.tsv
$(BUILD)/gen/content.inc: tools/gen-content.awk common/policy/data/content.tsv
$(BUILD)/gen/shorteners.inc: tools/gen-shorteners.awk common/policy/data/shorteners.tsv
$(BUILD)/gen/optout-texts.inc: tools/gen-optout-texts.awk common/policy/data/optout-texts.tsv
$(BUILD)/gen/channels.inc: tools/gen-channels.awk common/policy/data/channels.tsv
$(BUILD)/gen/needs.inc: tools/gen-needs.awk common/policy/data/needs.tsv
$(BUILD)/gen/shares.inc: tools/gen-shares.awk common/policy/data/shares.tsv
$(BUILD)/gen/sender-id.inc: tools/gen-sender-id.awk common/policy/data/sender-id.tsv
$(BUILD)/gen/consent.inc: tools/gen-consent.awk common/policy/data/consent.tsv
$(BUILD)/gen/implied.inc: tools/gen-implied.awk common/policy/data/implied.tsv
$(BUILD)/gen/plain-words.inc: tools/gen-plain-words.awk common/policy/data/plain-words.tsv
$(BUILD)/gen/plain-rules.inc: tools/gen-plain-rules.awk common/policy/data/plain-rules.tsv
$(BUILD)/gen/carriers.inc: tools/gen-carriers.awk common/policy/data/carriers.tsv
$(BUILD)/gen/replies.inc: tools/gen-replies.awk common/optin/data/replies.tsv
$(BUILD)/gen/fold.inc: tools/gen-fold.awk common/line/data/fold.tsv
$(BUILD)/gen/grapheme.inc: tools/gen-grapheme.awk common/line/data/grapheme.tsv
$(BUILD)/gen/gsm7.inc: tools/gen-gsm7.awk common/sms/data/gsm7.tsv
$(BUILD)/gen/compose.inc: tools/gen-compose.awk common/sms/data/compose.tsv
$(BUILD)/gen/smart.inc: tools/gen-smart.awk common/sms/data/smart.tsv
$(GENERATED):
	@mkdir -p $(@D)
	$(say) GEN $@
	$(Q)LC_ALL=C awk -f $^ >$@.new && mv $@.new $@

# Three rules: a pattern rule of several targets would make them with one run of its recipe.
complete = @mkdir -p $(@D) && bin/$* --completion $(notdir $(@D)) >$@.new && mv $@.new $@
completions/bash/%: bin/%
	$(complete)
completions/zsh/_%: bin/%
	$(complete)
completions/fish/%.fish: bin/%
	$(complete)

# The loopback carrier that tests and the benchmark send to.
carrier: $(BUILD)/carrier
$(BUILD)/carrier: $(CARRIER_OBJECTS) $(BUILD)/libmsg.a
	$(say) LINK $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(call libs,carrier) -pthread

$(BUILD)/tests/%: tests/unit/%.c $(BUILD)/flags $(BUILD)/libmsg.a
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -o $@ $< $(ALL_LDFLAGS) $(BUILD)/libmsg.a $(call libs,test) -pthread

unit: $(UNIT_TESTS)
	@$(TEST_ENV) tools/check unit

# A fuzz target with a main that reads its seeds, or with libFuzzer's.
$(BUILD)/fuzz/%: tests/fuzz/%.c $(if $(FUZZER),,tests/fuzz/seeds.c) $(BUILD)/flags $(BUILD)/libmsg.a
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(CC) $(ALL_CFLAGS) $(if $(FUZZER),-fsanitize=fuzzer) -o $@ $(filter %.c,$^) $(ALL_LDFLAGS) $(BUILD)/libmsg.a \
		$(call libs,fuzz)

$(BUILD)/bench/%: tests/bench/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $< $(ALL_LDFLAGS) $(call libs,bench)

deps:
	@tools/deps build check

demo:
	@$(if $(NO_DEPS),,tools/deps build demo)
	@$(MAKE) $(PARALLEL) all
	@examples/reminders.sh

# What fails writes on demand (tests/faults/disk_shim.c); only where a library can be loaded before libc.
$(BUILD)/disk_shim.so: tests/faults/disk_shim.c
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CC) -O2 -I. -shared -fPIC -o $@ $< $(if $(filter Linux,$(shell uname -s)),-ldl)

tests: all carrier $(UNIT_TESTS) $(FUZZ_TARGETS) $(if $(filter Linux,$(shell uname -s)),$(BUILD)/disk_shim.so)

# Two steps: what `deps` installs is found by a make that starts after it.
check:
	@$(if $(NO_DEPS),,tools/deps build check)
	@$(MAKE) $(PARALLEL) tests
	@$(TEST_ENV) $(if $(SAN),MSG_SAN=1) JOBS=$(JOBS) tools/check $(T)

memcheck:
	@$(if $(NO_DEPS),,tools/deps build check memcheck)
	@$(MAKE) $(PARALLEL) tests
	@$(TEST_ENV) MSG_VALGRIND=1 JOBS=$(JOBS) tools/check $(or $(T),unit surface filter msg-route msg-optin msg-receipts msg-seal)

faults:
	@$(if $(NO_DEPS),,tools/deps build check)
	@$(MAKE) $(PARALLEL) tests
	@$(TEST_ENV) ROUNDS=$(or $(ROUNDS),200) MESSAGES=$(or $(MESSAGES),2000) STEPS=$(STEPS) MSG_SHOW=1 bats tests/faults

bench:
	@$(if $(NO_DEPS),,tools/deps build bench)
	@$(MAKE) $(PARALLEL) all carrier bench-tools
	@$(TEST_ENV) tests/bench/bench $(T)

bench-tools: $(BENCH_TOOLS)

fuzz:
	@$(if $(NO_DEPS),,tools/deps build fuzz)
	@$(MAKE) $(PARALLEL) CC=clang FUZZER=1 fuzz-targets
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run build/fuzzer/fuzz

fuzz-targets: $(FUZZ_TARGETS)

lint:
	@$(if $(NO_DEPS),,tools/deps lint)
	@CFLAGS='$(filter-out -W% -f%,$(ALL_CFLAGS))' tools/lint

install: all
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man7
	install -d $(DESTDIR)$(DOCDIR)/examples $(DESTDIR)$(DATADIR)/bash-completion/completions $(DESTDIR)$(DATADIR)/msg
	install -d $(DESTDIR)$(DATADIR)/zsh/site-functions $(DESTDIR)$(DATADIR)/fish/vendor_completions.d
	install -m 755 $(PROGRAMS:%=bin/%) $(DESTDIR)$(BINDIR)
	for page in $(MANUALS); do install -m 644 $$page $(DESTDIR)$(MANDIR)/man$${page##*.}/ || exit; done
	install -m 644 $(PROGRAMS:%=completions/bash/%) $(DESTDIR)$(DATADIR)/bash-completion/completions
	install -m 644 $(PROGRAMS:%=completions/zsh/_%) $(DESTDIR)$(DATADIR)/zsh/site-functions
	install -m 644 $(PROGRAMS:%=completions/fish/%.fish) $(DESTDIR)$(DATADIR)/fish/vendor_completions.d
	install -m 644 schema/msg.schema.json $(DESTDIR)$(DATADIR)/msg
	install -m 644 README.md NEWS.md INSTALL LICENSE $(DESTDIR)$(DOCDIR)
	cp -R examples/. $(DESTDIR)$(DOCDIR)/examples

uninstall:
	rm -f $(PROGRAMS:%=$(DESTDIR)$(BINDIR)/%)
	for page in $(notdir $(MANUALS)); do rm -f $(DESTDIR)$(MANDIR)/man$${page##*.}/$$page; done
	rm -f $(PROGRAMS:%=$(DESTDIR)$(DATADIR)/bash-completion/completions/%)
	rm -f $(PROGRAMS:%=$(DESTDIR)$(DATADIR)/zsh/site-functions/_%)
	rm -f $(PROGRAMS:%=$(DESTDIR)$(DATADIR)/fish/vendor_completions.d/%.fish)
	rm -rf $(DESTDIR)$(DOCDIR) $(DESTDIR)$(DATADIR)/msg

dist:
	git archive --prefix=msg-$(VERSION)/ -o msg-$(VERSION).tar.gz HEAD

clean:
	rm -rf build bin completions

-include $(OBJECTS:.o=.d) $(PROGRAMS:%=$(BUILD)/cmd/%.d) $(UNIT_TESTS:%=%.d) $(CARRIER_OBJECTS:.o=.d)

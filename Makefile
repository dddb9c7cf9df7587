# The whole build. Adding a file never edits this one.
#   make deps | make | make run | make check [SAN=1] | make lint | make fuzz
#   make bench | make soak | make install DESTDIR= | make clean
SAN     ?=
B       ?= build/$(if $(SAN),san,rel)
CC      ?= cc
OPT     ?= $(if $(SAN),-O1,-O2)
PREFIX  ?= /usr/local
Q       := $(if $(V),,@)

PKGS    := ldap lua5.4 libseccomp jansson libpq libevent libzstd libsodium \
	libpsl libidn2 libarchive zlib icu-i18n icu-uc libhs
WARN    := -Wall -Wextra -Wconversion -Wno-sign-conversion -Wshadow \
	-Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
HARDEN  := -fstack-protector-strong -fstack-clash-protection -fcf-protection \
	-fPIE $(if $(SAN),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
comma   := ,
SANITISE := $(if $(SAN),-fsanitize=address$(comma)undefined \
	-fno-omit-frame-pointer -fno-sanitize-recover=all)
CPPFLAGS += -D_GNU_SOURCE -Iapplets/lib -I$(B) \
	$(shell pkg-config --cflags $(PKGS) 2>/dev/null)
CFLAGS  := -std=c11 -g $(OPT) $(WARN) $(HARDEN) $(SANITISE) $(EXTRA_CFLAGS)
LDFLAGS += -pie -rdynamic -Wl,-z,relro,-z,now,-z,noexecstack $(SANITISE)
LDLIBS  := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lunbound \
	-lmbedtls -lmbedx509 -lmbedcrypto -lcrypto -lmilter -lpthread -ldl -lm

NAMES   := $(sort $(foreach d,$(filter-out applets/lib/ applets/example/,$(wildcard applets/*/)),\
	$(if $(wildcard $(d)$(notdir $(d:/=)).c),$(notdir $(d:/=)))))
SRC     := $(sort $(shell find applets -name '*.c' -not -path 'applets/example/*'))
LIBSRC  := $(filter applets/lib/%,$(SRC))
OBJ     := $(SRC:%.c=$(B)/%.o)
LIBOBJ  := $(LIBSRC:%.c=$(B)/%.o) $(B)/files.o
DATA    := $(sort $(shell find lua sql -type f -not -name assets 2>/dev/null))
# Files of Debian packages that travel inside the executable, too: lines of
# "NAME PATH" in lua/web/assets, found as NAME.
ASSETS  := $(shell sed 's/ /=/' lua/web/assets 2>/dev/null)
CHECKS  := $(sort $(basename $(notdir $(wildcard applets/lib/engine/checks/*.c))))
UNIT    := $(sort $(wildcard tests/unit/*.c))
UNITBIN := $(UNIT:tests/unit/%.c=$(B)/unit/%)

all: $(B)/pm $(if $(SAN),,build/pm)
build/pm: $(B)/pm
	@ln -sf $(patsubst build/%,%,$<) $@

$(B)/pm: $(B)/main.o $(OBJ) $(B)/files.o
	@echo "LD  $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/main.o: main.c $(B)/applets.def
$(B)/%.o: %.c | $(B)/applets.def $(B)/checks.def
	@mkdir -p $(@D)
	@echo "CC  $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Lists are made from the tree: an applet is a folder with a .c of its name.
$(B)/applets.def: FORCE
	@mkdir -p $(B)
	@printf 'X(%s)\n' $(NAMES) > $@.new; cmp -s $@ $@.new || cp $@.new $@
$(B)/checks.def: FORCE
	@mkdir -p $(B)
	@printf 'X(%s)\n' $(CHECKS) > $@.new; cmp -s $@ $@.new || cp $@.new $@

# The table of embedded files: $(call embed_table,NAME=PATH or PATH …).
embed_table = { n=0; echo '\#include "base/embed.h"'; for f in $(1); do n=$$((n+1)); \
	  printf '__asm__(".section .rodata\\nf%s:\\n.incbin \\"%s\\"\\nf%s_end:\\n.byte 0\\n.previous");\n' $$n $${f\#*=} $$n; \
	  printf 'extern const unsigned char f%s[], f%s_end[];\n' $$n $$n; done; \
	  printf 'const struct embedded embedded[] = {\n'; \
	  n=0; for f in $(1); do n=$$((n+1)); printf '\t{ "%s", f%s, f%s_end },\n' $${f%%=*} $$n $$n; done; \
	  printf '\t{ 0, 0, 0 }\n};\n'; }
EMBEDDED := $(DATA) $(foreach a,$(ASSETS),$(lastword $(subst =, ,$(a))))

$(B)/files.c: Makefile $(B)/rules.record FORCE
	@$(call embed_table,$(DATA) $(ASSETS) rules.record=$(B)/rules.record) > $@.new; cmp -s $@ $@.new || cp $@.new $@
$(B)/files.o: $(B)/files.c $(B)/rules.record $(EMBEDDED)
	$(Q)$(CC) $(CPPFLAGS) -g -O1 -fPIE -c -o $@ $<

# Compiling the shipped rules takes longer than judging a thousand messages:
# a pm without their record makes it.
$(B)/plain/files.c: Makefile FORCE
	@mkdir -p $(@D)
	@$(call embed_table,$(DATA) $(ASSETS)) > $@.new; cmp -s $@ $@.new || cp $@.new $@
$(B)/plain/files.o: $(B)/plain/files.c $(EMBEDDED)
	$(Q)$(CC) $(CPPFLAGS) -g -O1 -fPIE -c -o $@ $<
$(B)/plain/pm: $(B)/main.o $(OBJ) $(B)/plain/files.o
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(B)/rules.stamp: $(B)/plain/pm
	$(Q)$< rules compile > $(B)/rules.new
	@cmp -s $(B)/rules.record $(B)/rules.new || cp $(B)/rules.new $(B)/rules.record
	@touch $@
$(B)/rules.record: $(B)/rules.stamp ;

# Unit tests: one program a file, over the whole library.
$(B)/libpm.a: $(LIBOBJ)
	@rm -f $@; ar rcs $@ $^
$(B)/unit/%: tests/unit/%.c $(B)/libpm.a
	@mkdir -p $(@D)
	@echo "CC  $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -o $@ $< $(LDFLAGS) $(B)/libpm.a \
		$(filter-out -lmilter,$(LDLIBS)) -lcmocka
unit: $(UNITBIN)

# The smallest complete applet must keep compiling: it is the file to copy.
$(B)/applets/example/example.o: applets/example/example.c

install: $(B)/pm
	install -D -m 0755 $(B)/pm $(DESTDIR)$(PREFIX)/bin/pm
	$(B)/pm install $(DESTDIR)$(PREFIX)/bin

clean:
	rm -rf build

include tests/tests.mk

FORCE:
.PHONY: all unit install clean FORCE
.DELETE_ON_ERROR:
.SECONDARY:
-include $(OBJ:.o=.d) $(B)/main.d $(UNITBIN:=.d)

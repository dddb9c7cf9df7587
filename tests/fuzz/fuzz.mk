# make fuzz: each tests/fuzz/*.c is a target over the whole library, built by
# clang with its sanitizers. First the kept inputs are replayed, then new ones
# are tried for FUZZ_SECONDS, FUZZ_JOBS targets at a time. A finding is left in
# build/fuzz/found; run the target with that file to see it again, and keep it
# in tests/fuzz/corpus.
FUZZ_SECONDS ?= 8
FUZZ_JOBS ?= 2
FUZZ_CC  := clang
FUZZ_B   := build/fuzz
FUZZ_SAN := -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_CFLAGS := -std=c11 -g -O1 -Wall -fno-omit-frame-pointer $(FUZZ_SAN)
FUZZSRC  := $(sort $(wildcard tests/fuzz/*.c))
FUZZBIN  := $(FUZZSRC:tests/fuzz/%.c=$(FUZZ_B)/%)
FUZZLIB  := $(LIBSRC:%.c=$(FUZZ_B)/%.o) $(FUZZ_B)/files.o

# -jN of the caller is kept; without one the targets still go in pairs.
fuzz:
	@$(MAKE) --no-print-directory \
		$(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(FUZZ_JOBS)) \
		fuzz-run

fuzz-run: $(FUZZBIN:=.run)

fuzz-build: $(FUZZBIN)

# Until nothing new is found: hours; see the script.
fuzz-long: fuzz-build
	@perl tests/fuzz/long.pl

$(FUZZ_B)/%.o: %.c | $(B)/applets.def $(B)/checks.def
	@mkdir -p $(@D)
	@echo "CC  $@"
	$(Q)$(FUZZ_CC) $(CPPFLAGS) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link \
		-MMD -MP -c -o $@ $<

$(FUZZ_B)/files.o: $(B)/files.c $(DATA)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(CPPFLAGS) -g -c -o $@ $<

$(FUZZ_B)/libpm.a: $(FUZZLIB)
	@rm -f $@; ar rcs $@ $^

$(FUZZBIN): $(FUZZ_B)/%: tests/fuzz/%.c $(FUZZ_B)/libpm.a
	@mkdir -p $(@D)
	@echo "LD  $@"
	$(Q)$(FUZZ_CC) $(CPPFLAGS) $(FUZZ_CFLAGS) -fsanitize=fuzzer -MMD -MP \
		-o $@ $< $(FUZZ_B)/libpm.a $(filter-out -lmilter,$(LDLIBS))

$(FUZZBIN:=.run): $(FUZZ_B)/%.run: $(FUZZ_B)/%
	@mkdir -p $(FUZZ_B)/grown/$* $(FUZZ_B)/found tests/fuzz/corpus/$*
	@echo "FUZZ $*"
	$(Q)$< -runs=0 tests/fuzz/corpus/$* >$<.log 2>&1 && \
	$< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -max_len=16384 \
		-rss_limit_mb=2048 -artifact_prefix=$(FUZZ_B)/found/$*- \
		$(FUZZ_B)/grown/$* tests/fuzz/corpus/$* >>$<.log 2>&1 || \
	{ tail -n 40 $<.log; echo "fuzz: $* failed; again: $< FILE," \
		"FILE as named above or of tests/fuzz/corpus/$*"; exit 1; }
	@echo "$*: $$(tail -n 1 $<.log)"

-include $(FUZZLIB:.o=.d) $(FUZZBIN:=.d)
.PHONY: fuzz fuzz-long fuzz-run fuzz-build $(FUZZBIN:=.run)

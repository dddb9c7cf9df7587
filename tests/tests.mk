# Targets of the tests; included by the Makefile. TAP through prove; every
# suite prints its minutes.
PM_ENV  := PM_BUILD=$(abspath $(B)) \
	$(if $(SAN),ASAN_OPTIONS=detect_leaks=0 PM_SAN=1)
PROVE   := $(PM_ENV) sh tests/with-pm.sh $(abspath $(B)/pm) \
	prove --timer $(if $(V),-v)
JOBS    ?= $(shell echo $$(($$(nproc) + 1)))
# What a developer runs all the time, and what takes longer.
QUICK   := $(sort $(foreach d,cli milter mail sql web,$(wildcard tests/$(d)/*.t)))
SLOW    := $(sort $(wildcard tests/soak/*.t))

deps:
	@sh tests/deps.sh

check: all unit-tests lint system-tests
	@echo "pm: all tests done"

unit-tests: $(UNITBIN)
	@$(PROVE) -j $(JOBS) --exec '' $(UNITBIN)

# Only the tree is looked at, so the sanitizers have nothing to add.
lint: $(B)/pm $(B)/applets/example/example.o
	@$(PROVE) -j $(JOBS) $(sort $(wildcard tests/lint/*.t))

system-tests: $(B)/pm $(UNITBIN) tools
	@$(PROVE) -j $(JOBS) $(QUICK)

# Real mail, kills under load, full disks: minutes each.
soak: $(B)/pm tools
	@$(PROVE) $(SLOW)

# A fresh minbase root, README's first line, as a new user would.
check-bare:
	@prove --timer $(if $(V),-v) tests/bare/bare.t

# make run: a complete appliance under build/run, real mail through it.
run:
	@$(MAKE) --no-print-directory -s all
	@perl tests/run/run.pl

bench: $(B)/pm tools
	@perl tests/bench/bench.pl
	@perl tests/bench/recorder.pl
	@perl tests/bench/logreader.pl
	@$(B)/tools/speed_policy

# The content classifier: its shipped model made of the sets of the corpus,
# the same bit for bit; what it is worth; and other filters beside it, where
# they are installed (lua/model/content.md).
CORPUS  ?= build/corpus/mail
LEARNT  := apache-lists-2016-2020 csdmc2010-new enron-lokay-beck-2000 \
	foff-2025 ml-usrp-users-2019-2026 spamassassin-2002
EXAMPLES = $(foreach s,$(LEARNT),$(foreach c,ham spam,$(if $(wildcard \
	$(CORPUS)/$(s)/$(c)),--$(c) $(CORPUS)/$(s)/$(c))))
UNSEEN   = --test-spam $(CORPUS)/phishing-pot-2022-2024/spam
$(CORPUS):
	@perl -Itests/lib -MCorpus -e 'Corpus::mail() or die "no corpus: set \
		PM_CORPUS or CORPUS\n"'
model: $(B)/pm | $(CORPUS)
	$(B)/pm train $(EXAMPLES) --out lua/model/content.model
model-check: $(B)/pm | $(CORPUS)
	@$(B)/pm train $(EXAMPLES) --out $(B)/content.model
	cmp $(B)/content.model lua/model/content.model
eval: $(B)/pm | $(CORPUS)
	@$(B)/pm eval $(EXAMPLES) $(UNSEEN) --leave-out
	@$(B)/pm eval $(EXAMPLES) $(UNSEEN) --leave-out --whole
	@$(B)/pm eval $(EXAMPLES) --halves
	@$(B)/pm eval $(EXAMPLES) --feedback
	@PM=$(B)/pm perl tests/bench/peers.pl $(CORPUS) $(LEARNT)

# Digests for many people over many messages.
bench-digest: $(B)/pm
	@PM=$(B)/pm perl tests/bench/digest.pl

# 2 M rows in a private cluster, the time of each search beside its aim.
bench-db: $(B)/pm
	@perl tests/bench/bench-db.pl

# Small programs of the tests: load generator, null milter, burst client. One
# file is one tool; so is a folder tests/bench/NAME with all its files.
TOOLSRC := $(filter-out %_test.c,$(wildcard tests/bench/*.c tests/milter/*.c))
TOOLDIR := $(sort $(patsubst %/,%,$(dir $(wildcard tests/bench/*/*.c))))
TOOLS   := $(TOOLSRC:tests/%.c=$(B)/tools/%) $(TOOLDIR:tests/%=$(B)/tools/%)
TOOLCC   = $(CC) -D_GNU_SOURCE $(CFLAGS) -o $@ $(1) $(LDFLAGS) -lmilter -lpthread
tools: $(TOOLS)
$(TOOLDIR:tests/%=$(B)/tools/%): $(B)/tools/%: $(wildcard tests/bench/*/*.[ch])
	@mkdir -p $(@D)
	@echo "CC  tests/$*"
	$(Q)$(call TOOLCC,$(filter tests/$*/%.c,$^))
$(TOOLSRC:tests/%.c=$(B)/tools/%): $(B)/tools/%: tests/%.c
	@mkdir -p $(@D)
	@echo "CC  $<"
	$(Q)$(call TOOLCC,$<)

-include tests/fuzz/fuzz.mk tests/fake/fake.mk tests/tools/tools.mk

.PHONY: deps check unit-tests lint system-tests soak check-bare run bench bench-db bench-digest tools model model-check eval

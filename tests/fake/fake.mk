# fake/pm: pm with a role that misbehaves on order (tests/fake/fake.c), for
# the tests of pm supervise. It has its own list of applets (the agent, which
# is everywhere, is not in it) and its own main.o; every other object is pm's.
FAKE := $(B)/fake

$(FAKE)/applets.def: $(B)/applets.def tests/fake/fake.mk
	@mkdir -p $(@D)
	@{ grep -v '(agent)' $<; printf 'X(%s)\n' fake echo ghost; } > $@
$(FAKE)/main.o: main.c $(FAKE)/applets.def
	@echo "CC  $< (fake)"
	$(Q)$(CC) -I$(FAKE) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(FAKE)/fake.o: tests/fake/fake.c
	@mkdir -p $(@D)
	@echo "CC  $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(FAKE)/pm: $(FAKE)/main.o $(FAKE)/fake.o $(OBJ) $(B)/files.o
	@echo "LD  $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
tools: $(FAKE)/pm

# Unit tests of the supervisor's parts: each takes what it does not fake.
$(B)/supervise.a: $(filter-out %/supervise.o,$(patsubst %.c,$(B)/%.o,\
	$(wildcard applets/supervise/*.c)))
	@rm -f $@; ar rcs $@ $^
$(B)/unit/supervise_%: tests/unit/supervise_%.c $(B)/supervise.a $(B)/libpm.a
	@mkdir -p $(@D)
	@echo "CC  $<"
	$(Q)$(CC) $(CPPFLAGS) -Iapplets/supervise $(CFLAGS) -MMD -MP -o $@ $< \
		$(LDFLAGS) $(B)/supervise.a $(B)/libpm.a \
		$(filter-out -lmilter,$(LDLIBS)) -lcmocka
-include $(FAKE)/fake.d $(FAKE)/main.d

# A server of lib/web with small handlers, for tests/web/server.t.
$(FAKE)/web: tests/fake/web.c $(B)/libpm.a
	@mkdir -p $(@D)
	@echo "CC  $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -o $@ $< $(LDFLAGS) \
		$(B)/libpm.a $(filter-out -lmilter,$(LDLIBS))
tools: $(FAKE)/web
-include $(FAKE)/web.d

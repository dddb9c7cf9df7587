# Programs of the tests over the whole library: one file is one program.
LIBTOOL := $(patsubst tests/%.c,$(B)/%,$(wildcard tests/tools/*.c))
$(LIBTOOL): $(B)/tools/%: tests/tools/%.c $(B)/libpm.a
	@mkdir -p $(@D)
	@echo "CC  $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -o $@ $< $(LDFLAGS) \
		$(B)/libpm.a $(filter-out -lmilter,$(LDLIBS))
tools: $(LIBTOOL)

-include $(LIBTOOL:=.d)

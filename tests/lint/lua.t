#!/usr/bin/perl
# luacheck over everything that is Lua.
use strict;
use warnings;
use Test::More;

my $dirs = -d "tests/lua" ? "tests/lua" : "";
my $out = qx(luacheck --no-color -q lua $dirs 2>&1);
is($? >> 8, 0, 'luacheck is content') or diag($out);
done_testing;

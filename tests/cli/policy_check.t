#!/usr/bin/perl
# pm policy check: all that is wrong with a draft, with file, line and remedy.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);
use Cwd qw(abs_path);

my $pm = abs_path($ENV{PM} // 'build/pm') or die "no pm: run make\n";
my $default = abs_path('lua/policy/50-default.lua');
my $dir = tempdir(CLEANUP => 1);
$ENV{ASAN_OPTIONS} //= 'detect_leaks=0';
chdir $dir or die;
mkdir $_ or die for qw(drafts etc etc/pm etc/pm/lists);

sub put {
	my ($path, $text) = @_;
	open my $f, '>:raw', $path or die "$path: $!";
	print $f $text;
	close $f or die;
}

# (exit code, stdout and stderr) of a draft of these files.
sub check {
	my (%files) = @_;
	unlink glob 'drafts/*';
	put("drafts/$_", $files{$_}) for keys %files;
	open my $run, '-|', 'sh', '-c', 'exec "$0" "$@" 2>&1', $pm, 'policy',
		'check', 'drafts', '--root', '.' or die;
	local $/;
	my $out = <$run> // '';
	close $run;
	return ($? >> 8, $out);
}

sub rule {
	return "local p = policy('p')\np:rule('x', function(m, rcpt, plan)\n"
		. "$_[0]\nend)\n";
}

put('etc/pm/lists/friends', "friend.example\n");

# One line for each mistake, all of them at once, in order.
my ($code, $out) = check('50-x.lua' => <<'MORE', '60-y.lua' => <<'LUA');
local unused = strng.rep("x", 3)
local p = policy("p", function(s) return s.relay.extrnal end)
local q = policy("q", function() return false end)
p:rule("a", function(m, rcpt, plan)
	if m.spam.probabilty > 9 then return discard() end
	for _, a in ipairs(m.attachments) do
		if a.nam == "x" then return discard() end
	end
	if rcpt:listed("frends") or m:listed("new") then plan:prefix_subjct("x") end
	local r = m.relay
	if r.nme == "" then x = 1 end
	local t = { foo = 1, bar = m.subjct }
	if m.subject:lowr() == "x" then return delay(5) end
	if m.history then return end
	m.listed("friends")
	m:relay()
	return deliver()
end)
p:rule("b", function(m)
	while true do local y = 1 end
end)
policy("z"):rule("zz", function(m) return quarantine("All") end)
MORE
policy("y"):rule("yy", function(m, rcpt, plan)
	if m.relay:dns_list("list.example.org").hitt then return end
	goto done
	::done::
	plan:add_header("X", table.concatt({}))
end)
LUA
is($code, 2, 'mistakes');
is($out, <<'SAYS', 'each in its line, with a remedy');
pm policy: 50-x.lua:1: unknown name "strng"; did you mean "string"?
pm policy: 50-x.lua:2: relay has no field "extrnal"; did you mean "external"?
pm policy: 50-x.lua:3: warning: policy "q": its guard never says yes, so none of its rules is asked
pm policy: 50-x.lua:5: spam has no field "probabilty"; did you mean "probability"?
pm policy: 50-x.lua:7: attachment has no field "nam"; did you mean "name"?
pm policy: 50-x.lua:9: there is no list "frends"; did you mean "friends"?
pm policy: 50-x.lua:9: there is no list "new": make it with pm list add new ENTRY
pm policy: 50-x.lua:9: plan has no method "prefix_subjct"; did you mean "prefix_subject"?
pm policy: 50-x.lua:11: relay has no field "nme"; did you mean "name"?
pm policy: 50-x.lua:11: globals are read-only: write local x
pm policy: 50-x.lua:12: message has no field "subjct"; did you mean "subject"?
pm policy: 50-x.lua:13: text has no method "lowr"; did you mean "lower"?
pm policy: 50-x.lua:13: delay: not in this version: needs the delay queue
pm policy: 50-x.lua:14: history: not in this version: needs the sender history
pm policy: 50-x.lua:15: listed is a method of message: write a colon before it
pm policy: 50-x.lua:16: relay is no method of message: write a dot, no brackets
pm policy: 50-x.lua:20: this loop never ends: nothing in it breaks or returns
pm policy: 60-y.lua:1: warning: rule "yy" is never asked: rule "zz" before it (50-x.lua:22) ends whatever comes
pm policy: 60-y.lua:2: dns has no field "hitt"; did you mean "hit"?
pm policy: 60-y.lua:2: the DNS list "list.example.org" is not declared: write dns_lists("list.example.org") at the top of a file
pm policy: 60-y.lua:5: table has no field "concatt"; did you mean "concat"?
SAYS

# What rules name and nobody made: templates, groups, options.
put('etc/pm/lists/group-staff', "anna\@example.org\n");
($code, $out) = check('50-x.lua' => <<'MORE', options => <<'OPTIONS');
local p = policy("p")
local tag = option("tag_att", 5)
local text, more = option("text", "x"), option("more")
p:rule("x", function(m, rcpt, plan)
	if rcpt:member("staff") or m:sender_member("stafff") then return end
	if rcpt:member("boat") then return end
	if m.size > 1e9 then plan:notify("virus-fond", { to = "sender" }) end
	if m.size > 1e9 then plan:notify("virus-found") end
	if m.size > 2e9 then
		return quarantine(option("reason", "X"), { notify = "xyzzy" })
	end
	return quarantine("X", { notify = "postmaster" })
end)
MORE
# comment = 1
TEXT = hello
tagatt = 3
confirm = x
timezone = Europe/Berlin
OPTIONS
is($code, 2, 'names that nobody made');
is($out, <<'SAYS', 'templates, groups, options');
pm policy: 50-x.lua:5: warning: nobody is in the group "stafff": there is no list group-stafff; did you mean "staff"?
pm policy: 50-x.lua:6: warning: nobody is in the group "boat": there is no list group-boat, unless it comes with the users' data
pm policy: 50-x.lua:7: there is no template "virus-fond"; did you mean "virus-found"?
pm policy: 50-x.lua:10: there is no template "xyzzy": write it into xyzzy.txt of the folder templates
pm policy: options:3: warning: no rule reads the option "tagatt"; did you mean "tag_att" (50-x.lua:2)?
pm policy: options:4: warning: no rule reads the option "confirm": take the line out, or add the rule (pm policy library)
SAYS
($code, $out) = check('1.lua' => rule('local n = "a" plan:mark("a", "b")')
	. "local function get(n) return option(n) end\n",
	options => "anything = 1\n");
is_deeply([$code, $out], [0, "ok: 1 policy, 1 rule\n"],
	'names that rules make are not guessed');

# Syntax errors of all files.
($code, $out) = check('1.lua' => "policy('a') rule(\n", '2.lua' => "local\n",
	'3.lua' => "policy('a'):rule('b', function(m) return m.subjct end)\n");
is($out, <<'SAYS', 'every file is read');
pm policy: 1.lua:2: unexpected symbol near <eof>
pm policy: 2.lua:2: <name> expected near <eof>
pm policy: 3.lua:1: message has no field "subjct"; did you mean "subject"?
SAYS

# What only running shows, in a branch that one kind of mail takes.
my %runs = (
	'virus' => 'if m.virus.found then error(m.virus.name) end',
	'later' => 'if m.virus.later then error("late") end',
	'file' => 'if m.attachments[1] then error("file") end',
	'page' => 'if m.urls[1] then error("url") end',
	'spam' => 'if m.spam.probability > 90 then error("spam") end',
	'no From' => 'if m.from == "" then error("from") end',
	'bounce' => 'if m.mail_from == "" then error("bounce") end',
	'list' => 'if m:header("List-Id") then error("list") end',
	'inside' => 'if m.relay.internal then error("inside") end',
	'logged in' => 'if m.auth_user ~= "" then error("user") end',
	'outside' => 'if not rcpt.ours then error("rcpt") end',
	'ambiguous' => 'if m.ambiguous then error("ambiguous") end',
	'loop' => "local n = 0\nwhile n < 1 do n = n * 1 end",
	'deep' => "local function f() return 1 + f() end\nf()",
	'action' => 'if m.virus.found then deliver() end',
	'option' => 'return quarantine("A", { notfy = "x" })',
);
for my $kind (sort keys %runs) {
	($code, $out) = check('1.lua' => rule($runs{$kind}));
	is($code, 2, "$kind: a mistake");
	like($out, qr/\Apm policy: 1\.lua:[34]: rule "x": .*\n\z/,
		"$kind: one line");
}

# Both of two rules that fail.
($code, $out) = check('1.lua' => "local p = policy('p')\n"
	. "p:rule('a', function() error('one') end)\n"
	. "p:rule('b', function() error('two') end)\n");
is($out, "pm policy: 1.lua:2: rule \"a\": one\n"
	. "pm policy: 1.lua:3: rule \"b\": two\n", 'all that fail');

# Warnings are no errors.
($code, $out) = check('1.lua' => "local p = policy('p')\n"
	. "p:rule('a', function(m) return deliver() end)\n"
	. "p:rule('b', function(m) return discard() end)\n");
is_deeply([$code, $out], [0, "pm policy: 1.lua:3: warning: rule \"b\" is "
	. "never asked: rule \"a\" before it (1.lua:2) ends whatever comes\n"
	. "ok: 1 policy, 2 rules\n"], 'unreachable');
for my $body ('if m.size > 1 then return end return deliver()',
	'if m.size > 1 then return deliver() end',
	'local f = function() return deliver() end') {
	($code, $out) = check('1.lua' => rule($body)
		. "p:rule('b', function(m) return discard() end)\n");
	is_deeply([$code, $out], [0, "ok: 1 policy, 2 rules\n"],
		"reachable: $body");
}

# What is right stays unsaid.
for my $body ('local m = "x" return m.subject and nil',
	'for i = 1, 3 do local s = ("x"):rep(i) end',
	'local t = { m = 1, ["x y"] = 2, f = function(a, ...) return a end } '
		. 't.f(t.m, t["x y"])',
	'while true do if m.size > 0 then break end end',
	'while true do for _, u in ipairs(m.urls) do if u.host then return '
		. 'end end return end',
	'repeat local done = true until done',
	'local a <const>, b = 1, 2 local c = a + b',
	'do local strng = 1 strng = strng + 1 end',
	'local function odd(n) if n == 0 then return false end return '
		. 'not odd(n - 1) end odd(3)',
	'-- strng m.subjct' . "\n" . '--[[ m.subjct ]] local s = [==[ ]] m.x '
		. ']==] local u = \'it\\\'s m.y\'',
	'local h = m:header("X") or "none" plan:mark("h", h:sub(1, 3))',
	'goto over do end ::over::',
	'local function delay(n) return n end delay(5)',
	'local t = { delay = function(n) end, history = 1 } t.delay(t.history)',
	'if rcpt:listed "friends" then plan:mark("a", "b") end',
	'local f = m.attachments[1] and m.attachments[1].name or ""',
	'local x = 0x1p4 + 1e-3 + 3 .. "" plan:mark("x", x)',
	'for k, v in pairs({ a = 1 }) do plan:mark(k, tostring(v)) end') {
	is_deeply([check('1.lua' => rule($body))],
		[0, "ok: 1 policy, 1 rule\n"], "good: $body");
}

# What nothing has tried, by --verbose.
my %cover = ('50-x.lua' => <<'MORE');
local always = 1
if always == 2 then always = 3 end
local p = policy("p")
p:rule("a", function(m, rcpt, plan)
	if m.spam.probability > 90 then plan:mark("a", "b") else plan:mark("c", "d") end
	if m.subject == "never" then return discard()
	elseif m.subject == "own" then plan:mark("own", "yes") end
	for _, f in ipairs(m.files) do if f.name == "x" then
		plan:mark("x", "y")
	end end
	local odd = function() return 1 end
	if m.size < 0 then end
end)
p:at_rcpt("b", function(s, rcpt) if s.helo == "x" then return end return end)
MORE
check(%cover);
sub cover {
	open my $run, '-|', 'sh', '-c', 'exec "$0" "$@" 2>&1', $pm, 'policy',
		'check', 'drafts', '--verbose', '--root', '.' or die;
	local $/;
	my $all = <$run>;
	close $run;
	return $all =~ s/ and \d+ test messages$/ and N test messages/mr;
}
is(cover(), <<'SAYS', 'branches that nothing has tried');
ok: 1 policy, 2 rules
not tried: 50-x.lua:6: if m.subject == "never" then return discard()
not tried: 50-x.lua:7: elseif m.subject == "own" then plan:mark("own", "yes") end
not tried: 50-x.lua:8: for _, f in ipairs(m.files) do if f.name == "x" then
not tried: 50-x.lua:11: local odd = function() return 1 end
not tried: 50-x.lua:14: p:at_rcpt("b", function(s, rcpt) if s.helo == "x" then retur
tried: 4 of 9 branches, by sample mail and N test messages
SAYS
put('drafts/own.test', "case: mine\nfrom: a\@example.net\n\n"
	. "Subject: own\n\nhi\n====\n");
unlike(cover(), qr/"own"/, 'a test message of the site');
like(cover(), qr/^tried: 5 of 9 /m, 'is counted');
put('drafts/own.test', "nonsense\n");
like(cover(), qr/^pm policy: own\.test: case "": no such key: "nonsense"$/m,
	'one that is wrong');
unlink 'drafts/own.test';

# A file that is cut anywhere costs an answer, never the checker.
open my $in, '<', $default or die;
my $text = do { local $/; <$in> };
for (my $n = 1; $n < length $text; $n += 97) {
	($code, $out) = check('1.lua' => substr $text, 0, $n);
	ok($code == 0 || $code == 2, "cut at $n: an answer")
		or diag("$code: $out");
}
($code, $out) = check('1.lua' => ('(' x 5000) . "\n");
is($code, 2, 'brackets without end');
($code, $out) = check('1.lua' => "local a = 1\0\xff\xfe\n");
is($code, 2, 'bytes that are no Lua');
done_testing();

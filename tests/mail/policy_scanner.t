#!/usr/bin/perl
# The words of the rules where mail is really judged: in a scanner's sandbox,
# message after message; and that nothing of a message outlives it there.
use strict;
use warnings;
use FindBin;
use Test::More;
use lib "$FindBin::Bin/../lib";
use Filter;
use MIME::Base64;

alarm 60;
my $f = Filter->new(policy => <<'LUA');
local word = regex([[\bsecret\s+(word|plan)\b]], "i")
local number = regex([[\d{5,}]])
local umlaut = regex("GRÜSSE", "iu")
local p = policy("test", function() return true end)

local kept = {}
local count, handle = 0, nil
local function remember(x) handle = x end

p:rule("keeps", function(m, rcpt, plan)
	if kept.m or handle or count > 0 or next(kept) then
		return reject("5.7.1", "something was kept")
	end
	count = count + 1
	kept.m, kept.list, kept.rcpt = m, m.attachments, rcpt
	kept[1] = plan
	kept.f = function() return m.subject end
	remember(m.relay)
	pcall(function() string.kept = m end)
	pcall(function() _G.kept = m end)
	pcall(function() kept_global = m end)
	pcall(function() m.kept = 1 end)
	for k in pairs(string) do
		if k == "kept" then return reject("5.7.1", "in string") end
	end
end)

p:rule("words", function(m, rcpt, plan)
	local at = clock(m.time, "Europe/Berlin")
	if at.year < 2020 or at.weekday > 7 then return tempfail("time") end
	if m:matches("body", word) then return reject("5.7.1", "word") end
	if m:matches("subject", umlaut) then
		return reject("5.7.2", "umlaut")
	end
	if m:contains("body", "free money") then
		return reject("5.7.3", "phrase")
	end
	if m:matches("files", word) then return reject("5.7.4", "file") end
	if number:find(m.text) then
		return reject("5.7.5", "number " .. number:find(m.text))
	end
	if #m.files > 0 then
		return reject("5.7.6", m.files[1].sha256:sub(1, 8))
	end
end)
LUA

my @cases = (
	["Subject: hello\n\nnothing\n", 'a'],
	["Subject: hello\n\na Secret\nPLAN of ours\n", 'y 550 5.7.1 word'],
	["Subject: =?utf-8?Q?gr=C3=BC=C3=9Fe?=\n\nx\n", 'a'],
	["Subject: =?utf-8?Q?gr=C3=BCsse?=\n\nx\n", 'y 550 5.7.2 umlaut'],
	["Subject: x\n\nFREE\n  money\n", 'y 550 5.7.3 phrase'],
	["Subject: x\n\n12 34567890\n", 'y 550 5.7.5 number 34567890'],
	["Subject: x\nContent-Type: application/octet-stream; name=a.bin\n"
		. "Content-Transfer-Encoding: base64\n\n"
		. encode_base64("\x80\x81\x00"), 'y 550 5.7.6 2a2e4b73'],
	["Subject: x\nContent-Type: text/plain; name=a.txt\n\na secret word\n",
		'y 550 5.7.4 file'],
);
for my $round (1, 2) {
	is($f->answer($_->[0], 'b@example.org', 'c@example.org'), $_->[1],
		"round $round: $_->[1]") for @cases;
}
my $m = $f->session;
for my $case (@cases, @cases) {
	my $r = $m->transaction('a@example.net', ['b@example.org',
		'c@example.org', 'd@example.org'], $case->[0]);
	is("$r->{code} $r->{text}" =~ s/ \z//r, $case->[1],
		"in one session: $case->[1]");
}
$m->quit;
unlike($f->log('zygote') . $f->log('front'), qr/died|signal|sandbox/i,
	'no scanner died');
$f->stop;
done_testing();

#!/usr/bin/perl
# Every action as the MTA hears it, and what happens with an MTA that does not
# offer it: a copy of our own, and the MTA's is discarded.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Filter;

use constant { ADDHDRS => 1, CHGBODY => 2, ADDRCPT => 4, DELRCPT => 8,
	CHGHDRS => 16, CHGFROM => 64, ALL => 0x5f };

alarm 60;
my $f = Filter->new(lists => { moved => ['#pm type=map',
	'B@example.org  anna@example.org, @example.com', '!c@example.org',
	'd@example.org d@example.org', 'e@example.org nobody'],
	plain => ['b@example.org'] }, policy => <<'LUA');
local p = policy("p", function() return true end)
p:rule("by subject", function(m, rcpt, plan)
	local what = m.subject
	if what == "sender" then plan:sender("new@example.org") end
	if what == "null" then plan:sender("") end
	if what == "add" then plan:add_recipient("c@example.org") end
	if what == "instead" then
		plan:remove_recipient()
		plan:add_recipient("c@example.org")
	end
	if what == "nobody" then plan:remove_recipient() end
	if what == "map" then plan:map_recipient("moved") end
	if what == "plain" then plan:map_recipient("plain") end
	if what == "value" then
		plan:add_header("X-Map", map("moved", m.sender.address) or "-")
	end
	if what == "body" then plan:banner{ text = "Read this." } end
	if what == "gone" then plan:remove_header("Subject") end
	if what == "other" then plan:replace_header("Subject", "new") end
	if what == "archive" then plan:archive("all") end
	if what == "copy" then plan:copy("Copy") end
	if what == "banner" then plan:banner{ text = "Gr\u{fc}\u{df}" } end
	if what == "bad" then plan:add_recipient("no address") end
end)
LUA

# The edits but our own Authentication-Results, in words.
sub words {
	my ($r) = @_;
	return join '; ', map { my ($kind, $data) = @$_;
		$kind . ' ' . $data =~ tr/\0/ /r =~ s/ +\z//r }
		grep { $_->[0] ne 'i' } @{ $r->{edits} };
}

sub try_with {
	my ($actions, $subject, @rcpts) = @_;
	my $m = $f->session(undef, actions => $actions);
	my $r = $m->transaction('a@example.net',
		@rcpts ? \@rcpts : ['b@example.org'],
		"Subject: $subject\n\nx\n");
	$m->quit;
	return $r->{code} eq 'y' ? "y $r->{text}" :
		"$r->{code} " . words($r);
}

my @rows = (
	['sender', 'a e <new@example.org>', CHGFROM],
	['null', 'a e <>', CHGFROM],
	['add', 'a + <c@example.org>', ADDRCPT],
	['instead', 'a - <b@example.org>; + <c@example.org>',
		ADDRCPT | DELRCPT],
	['map', 'a - <b@example.org>; + <anna@example.org>; + <b@example.com>',
		ADDRCPT | DELRCPT],
	['nobody', 'd ', 0],
	['body', "a b x\r\nRead this.\r\n", CHGBODY],
	['gone', "a m    \1Subject", CHGHDRS],
	['other', "a m    \1Subject  new", CHGHDRS],
	['banner', "a h Content-Type  text/plain; charset=utf-8; " .
		"h Content-Transfer-Encoding  quoted-printable; " .
		"h MIME-Version  1.0; b x\r\nGr=C3=BC=C3=9F\r\n", CHGBODY],
	['archive', 'a ', 0],
	['copy', 'a ', 0],
);
for my $row (@rows) {
	my ($subject, $want, $needs) = @$row;

	is(try_with(ALL, $subject), $want, "$subject: what the MTA is told");
	for my $bit (CHGBODY, ADDRCPT, DELRCPT, CHGHDRS, CHGFROM) {
		my $got = try_with(ALL & ~$bit, $subject);
		is($got, $needs & $bit ? 'd ' : $want, sprintf
			'%s: %s without action %#x', $subject,
			$needs & $bit ? 'a copy of our own' : 'the same', $bit);
	}
}
my @copies;
# The recorder puts it there, in its own time.
$f->wait_until(10, sub {
	@copies = grep { /new\@example\.org/ } map {
		local ($/, @ARGV) = (undef, $_);
		<> // '';
	} glob "$f->{root}/var/lib/pm/spool/inject/*";
});
is(scalar @copies, 1, 'the copy has the new sender');
is(try_with(ALL, 'map', 'c@example.org', 'd@example.org', 'f@example.org'),
	'a ', 'who has no entry, or himself, stays');
is(try_with(ALL, 'value'), 'a h X-Map  -', 'map() of what has no entry');
like(try_with(ALL, 'map', 'e@example.org'), qr/^y 451 4\.7\.1 policy failed/,
	'a map whose value is no address fails the rule');
like(try_with(ALL, 'plain'), qr/^y 451 4\.7\.1 policy failed/,
	'so does a list that is no map');
like($f->log('front'), qr/map "moved": "nobody" is no address\b/,
	'the log says which value');
like($f->log('front'), qr/the list "plain" is no map: its first line is /,
	'and what makes a map');
is(try_with(ALL, 'bad'), 'y 451 4.7.1 policy failed, try again later',
	'a recipient that is no address fails the rule');
like($f->log('front'), qr/argument 1 is no address: write plan:add_recipient/,
	'which the log says');
$f->stop;
done_testing;

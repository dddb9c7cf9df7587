#!/usr/bin/perl
# Tags of envelope senders, as the MTA hears of them; and what rules see.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Digest::SHA qw(hmac_sha1_hex);
use Filter;

use constant { DELRCPT => 8, CHGFROM => 64, ALL => 0x5f };

alarm 60;
my $f = Filter->new(lists => { 'valid-recipients' => ['b@example.org'] },
	policy => <<'LUA');
local p = policy("p", function() return true end)
p:at_rcpt("known", function(s, rcpt)
	if rcpt.batv == "bad" then return reject("5.1.1", "forged tag") end
	if not rcpt.ours then return end
	if not rcpt:listed("valid-recipients") then
		return reject("5.1.1", "no " .. rcpt.address)
	end
end)
p:rule("sign", function(m, rcpt, plan)
	if not rcpt.ours then plan:batv() end
	if m.subject == "other" then plan:sender("other@example.org") end
	if m.subject == "null" then plan:sender("") end
end)
p:rule("bounces", function(m, rcpt, plan)
	if not m.bounce or m.subject == "quiet" then return end
	plan:add_header("X-Tag", rcpt.batv .. " " .. rcpt.address)
end)
LUA

my $secret = "$f->{root}/etc/pm/batv.key";
is((stat $secret)[2] & 07777, 0400, 'the key is for its owner only');
open my $in, '<', $secret or die "$secret: $!";
my ($number, $key) = <$in> =~ /\A(\d) ([0-9a-f]{64})\n\z/
	or die 'no key';
is($number, 0, 'pm setup made the first key');

sub tag {
	my ($address, $days) = @_;
	my $when = sprintf '%d%03d', $number,
		(int(time / 86400) + ($days // 7)) % 1000;
	return "prvs=$when" . substr(hmac_sha1_hex($when . lc $address,
		pack 'H*', $key), 0, 6) . "=$address";
}

sub answer {
	my ($actions, $from, $subject, @rcpts) = @_;
	my $m = $f->session(undef, actions => $actions);
	my $r = $m->transaction($from, \@rcpts, "Subject: $subject\n\nx\n");
	$m->quit;
	return "y $r->{text}" if $r->{code} eq 'y';
	return join '; ', $r->{code}, map { my ($kind, $data) = @$_;
		$kind . ' ' . $data =~ tr/\0/ /r =~ s/ +\z//r }
		grep { $_->[0] ne 'i' } @{ $r->{edits} };
}

my $own = 'carol@example.org';
my $signed = tag($own);
is(answer(ALL, $own, 'hello', 'x@example.net'), "a; e <$signed>",
	'what leaves is signed');
is(answer(ALL, $own, 'hello', 'b@example.org'), 'a', 'what stays is not');
is(answer(ALL, $signed, 'hello', 'x@example.net'), 'a', 'nothing twice');
is(answer(ALL, '', 'hello', 'x@example.net'),
	'a; h X-Tag  none x@example.net', 'the null sender never');
is(answer(ALL, $own, 'other', 'x@example.net'),
	'a; e <' . tag('other@example.org') . '>', 'a new sender is signed');
is(answer(ALL, $own, 'null', 'x@example.net'), 'a; e <>',
	'one that became the null sender is not');
is(answer(ALL & ~CHGFROM, $own, 'hello', 'x@example.net'), 'd',
	'an MTA that cannot change it: a copy of our own');
my @copies;
$f->wait_until(10, sub {
	@copies = grep { /\Q$signed\E/ } map {
		local ($/, @ARGV) = (undef, $_);
		<> // '';
	} glob "$f->{root}/var/lib/pm/spool/inject/*";
});
is(scalar @copies, 1, 'with the signed sender');

my $tagged = tag('b@example.org');
is(answer(ALL, '', 'bounce', $tagged), "a; h X-Tag  good b\@example.org; " .
	"- <$tagged>; + <b\@example.org>", 'a good tag is taken off');
is(answer(ALL, '', 'quiet', $tagged, 'b@example.org'), "a; - <$tagged>",
	'beside himself, once');
is(answer(ALL, '', 'bounce', tag('c@example.org')),
	'y 550 5.1.1 no c@example.org', 'it makes no recipient');
is(answer(ALL, '', 'bounce', tag('b@example.org', -1)),
	'y 550 5.1.1 no ' . tag('b@example.org', -1), 'an old one stays');
(my $forged = $tagged) =~ s/=(\d{4})...../=$1ab12c/;
is(answer(ALL, '', 'bounce', $forged), 'y 550 5.1.1 forged tag',
	'a forged one');
is(answer(ALL & ~DELRCPT, '', 'bounce', $tagged), 'd',
	'an MTA that cannot: a copy of our own');

# A new key signs; what the old one signed is still believed.
open my $out, '>', "$secret.new" or die $!;
print $out '5 ', '11' x 32, "\n", "$number $key\n";
close $out or die $!;
chown +(stat $secret)[4, 5], "$secret.new";
rename "$secret.new", $secret or die $!;
$f->signal('front', 'HUP');
ok($f->wait_until(10, sub {
	answer(ALL, $own, 'hello', 'x@example.net') =~ /prvs=5/ }),
	'another key is taken without a restart');
like(answer(ALL, '', 'bounce', $tagged), qr/good b\@example\.org/,
	'the old one is believed');
done_testing;

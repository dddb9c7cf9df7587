#!/usr/bin/perl
# What a rule wants beside delivery, through Postfix: copies, archives, other
# recipients, another sender; and a thousand recipients with five outcomes.
use strict;
use warnings;
use FindBin;
use Test::More;
use lib "$FindBin::Bin/../lib";
use Appliance;
use Soak;

plan skip_all => 'needs root and Postfix' unless $> == 0 &&
	-x '/usr/sbin/postconf';
alarm 240;

my $app = Appliance->new(lists => { moved => ['#pm type=map',
	'refused2@example.org away@example.org',
	'mapped@example.org away@example.org there2@example.org'] },
	policy => <<'LUA');
local p = policy("p", function() return true end)
p:rule("by name", function(m, rcpt, plan)
	local who = rcpt.local_part
	if who == "copied" then plan:copy("Copy") end
	if who == "filed" then plan:archive("legal") end
	if who == "shared" then plan:add_recipient("second@example.org") end
	if who == "gone" then plan:remove_recipient() end
	if who == "moved" then
		plan:add_recipient("there@example.org", "Plain@example.org")
		plan:remove_recipient()
	end
	if who == "renamed" then plan:sender("bounces@example.org") end
	if who == "null" then plan:sender("") end
	if m.subject == "mixed" then
		plan:map_recipient("moved")
		if who:match("^tagged") then plan:prefix_subject("[T]") end
		if who:match("^held") then return quarantine("Suspect") end
		if who:match("^refused") then return reject("5.7.1", "no") end
	end
end)
p:rule("thousand", function(m, rcpt, plan)
	local n = tonumber(rcpt.local_part:match("^u(%d+)$"))
	if not n then return end
	if n % 5 == 1 then return quarantine("Suspect") end
	if n % 5 == 2 then return discard() end
	if n % 5 == 3 then plan:prefix_subject("[three]") end
	if n % 10 == 4 then plan:mark("another", "trace") end
	if n % 5 == 4 then return redirect("all@example.org") end
end)
LUA
$app->setup;
# As on an appliance that an older version set up.
rmdir "$app->{root}/var/lib/pm/archive" or die "archive: $!";
$app->start;

sub send_to {
	my ($subject, @who) = @_;
	return $app->send_mail(from => 'carol@example.net',
		rcpts => [map { "$_\@example.org" } @who],
		message => "From: carol\@example.net\nSubject: $subject\n\nhi\n");
}

sub settled {
	is(Soak::settle($app, 60), '', 'spool and queue run empty');
}

# user => subjects that he has.
sub delivered {
	my %at;
	for my $path ($app->delivered) {
		my ($user) = $path =~ m{/([^/]+)/Maildir/};
		my ($subject) = Soak::without_trace($path) =~
			/^Subject: (.*)$/m;
		push @{ $at{$user} }, $subject;
	}
	return \%at;
}

sub sender_of {
	my ($user) = @_;
	my ($path) = $app->delivered("$user\@example.org");
	open my $in, '<', $path // '' or return 'no mail';
	local $/;
	return <$in> =~ /^Return-Path: <(.*)>$/m ? $1 : 'no Return-Path';
}

like(send_to('one', qw(plain copied filed shared gone moved renamed null))
	->{text}, qr/^250 /, 'accepted');
settled();
is_deeply(delivered(), { map { $_ => ['one'] } qw(plain copied filed shared
	second there renamed null) },
	'each has it once, who was removed not at all');
is(sender_of('plain'), 'carol@example.net', 'the sender as it was');
is(sender_of('renamed'), 'bounces@example.org', 'another sender');
# Postfix's pipe(8) says so of the null sender.
is(sender_of('null'), 'MAILER-DAEMON', 'and the null sender');
my @kept = $app->quarantined;
is_deeply([map { [$_->{subject}, %{ $_->{reasons} }] } @kept],
	[['one', 'copied@example.org', 'Copy']],
	'the copy is in the quarantine under its reason');
my @filed = glob $app->{root} . '/var/lib/pm/archive/legal/*';
is(scalar @filed, 1, 'one file in the archive');
like($filed[0], qr{/[0-9a-f-]{36}\.eml$}, 'whose name is the id');
open my $in, '<:raw', $filed[0] or die "$filed[0]: $!";
my $bytes = do { local $/; <$in> };
like($bytes, qr/^Subject: one\r\n\r\nhi\r\n\z/m, 'as it came');

# Refused beside others, with recipients that a map sends elsewhere.
like(send_to('mixed', qw(refused refused2 mapped stays tagged held))->{text},
	qr/^250 /, 'some are refused: accepted for the others');
settled();
my $mixed = delivered();
is_deeply({ map { $_ => [grep { /mixed/ } @{ $mixed->{$_} }] }
	grep { grep { /mixed/ } @{ $mixed->{$_} } } keys %$mixed },
	{ away => ['mixed'], there2 => ['mixed'], stays => ['mixed'],
	tagged => ['[T] mixed'] },
	'who a map names has it once, who is refused never');
is_deeply({ map { %{ $_->{reasons} } } grep { $_->{subject} eq 'mixed' }
	$app->quarantined }, { 'refused@example.org' => 'Rejected',
	'refused2@example.org' => 'Rejected', 'held@example.org' => 'Suspect' },
	'the refused copies are kept: their sender was told of no refusal');
like(send_to('mixed', qw(refused refused2))->{text}, qr/^550 5\.7\.1 no/,
	'all are refused: so is the message');

# A thousand, each his own outcome, once.
my @thousand = map { "u$_" } 0 .. 999;
like(send_to('many', @thousand)->{text}, qr/^250 /, 'a thousand recipients');
settled();
my $at = delivered();
my (%want, %bad);
for my $n (0 .. 999) {
	my $have = join ',', @{ $at->{"u$n"} // [] };
	my $want = $n % 5 == 0 ? 'many' : $n % 5 == 3 ? '[three] many' : '';
	$bad{"u$n"} = $have if $have ne $want;
}
is_deeply(\%bad, {}, 'two fifths have it once, tagged or not');
is_deeply($at->{all}, ['many'], 'the redirected ones: one copy');
my ($many) = grep { $_->{subject} eq 'many' } $app->quarantined;
is_deeply([sort map { s/\@.*//r } @{ $many->{recipients} }],
	[sort map { "u$_" } grep { $_ % 5 == 1 } 0 .. 999],
	'the fifth that is withheld is in one entry');
ok($app->stop, 'stops within the deadline');
done_testing;

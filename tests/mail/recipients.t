#!/usr/bin/perl
# One message, several recipients, each his own outcome: carried out exactly.
use strict;
use warnings;
use FindBin;
use Test::More;
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/../lib";
use Appliance;
use Soak;

plan skip_all => 'needs root and Postfix' unless $> == 0 &&
	-x '/usr/sbin/postconf';
alarm 120;

my $app = Appliance->new(policy => <<'LUA');
local p = policy("p", function() return true end)
p:rule("by name", function(m, rcpt, plan)
	local who = rcpt.local_part
	if who == "tag" then plan:prefix_subject("[TAG]") end
	if who == "keep" then return quarantine("Suspect") end
	if who == "refuse" then return reject("5.7.1", "not for him") end
	if who == "drop" then return discard() end
	if who == "turn" then return redirect("other@example.org") end
	if who == "wait" then return tempfail("he is not ready") end
end)
LUA
$app->setup->start;

sub send_to {
	my ($subject, @who) = @_;
	return $app->send_mail(from => 'carol@example.net',
		rcpts => [map { "$_\@example.org" } @who],
		message => message($subject));
}

sub message {
	my ($subject) = @_;
	return "From: carol\@example.net\nSubject: $subject\n\nhello\n";
}

# Who has which message where, in words.
sub places {
	my %at;
	for my $path ($app->delivered) {
		my ($user) = $path =~ m{/([^/]+)/Maildir/};
		my $text = Soak::without_trace($path);
		my ($subject) = $text =~ /^Subject: (.*)$/m;
		push @{ $at{$user} }, "delivered $subject";
	}
	for my $q ($app->quarantined) {
		push @{ $at{s/@.*//r} }, "kept $q->{subject} $q->{reasons}{$_}"
			for @{ $q->{recipients} };
	}
	return { map { $_ => join ', ', sort @{ $at{$_} } } keys %at };
}

sub settled {
	is(Soak::settle($app, 20), '', 'spool and queue run empty');
}

like(send_to('six', qw(plain tag keep drop turn second))->{text},
	qr/^250 /, 'six recipients, nobody refuses: accepted');
settled();
my %now = (plain => 'delivered six', tag => 'delivered [TAG] six',
	keep => 'kept six Suspect', other => 'delivered six',
	second => 'delivered six');
is_deeply(places(), \%now, 'each has his own outcome');
is(Soak::without_trace(($app->delivered('plain@example.org'))[0]),
	message('six'), 'who is not tagged has it as it was sent');

# One reply answers for all: the copy of the one who refuses is withheld.
my $r = send_to('mixed', qw(plain tag keep refuse drop turn));
like($r->{text}, qr/^250 /, 'one of them refused: accepted for the others');
settled();
$now{$_} .= ", $now{$_}" =~ s/six/mixed/r for qw(plain keep other);
$now{tag} = 'delivered [TAG] mixed, delivered [TAG] six';
$_ = join ', ', sort split /, / for values %now;
my $places = places();
is($places->{refuse}, 'kept mixed Rejected',
	'the copy of the one who refuses is in the quarantine');
$now{refuse} = 'kept mixed Rejected';
is_deeply($places, \%now, 'each of the others has his own outcome');

$r = send_to('late', qw(plain keep wait));
is($r->{text}, '451 4.7.1 he is not ready', 'one tempfail: later for all');
settled();
is_deeply(places(), \%now, 'and nothing is kept or delivered');

is(send_to('no', qw(refuse))->{text}, '550 5.7.1 not for him',
	'all refuse: 550 with the text of the rule');
is(send_to('no', qw(refuse refuse))->{text}, '550 5.7.1 not for him',
	'two of them as well');
like(send_to('gone', qw(drop))->{text}, qr/^250 /, 'discarded: accepted');
settled();
is_deeply(places(), \%now, 'and nowhere');
ok($app->stop, 'stops within the deadline');
done_testing;

#!/usr/bin/perl
# People are told what was done with a message, through Postfix: once each,
# never anybody who may not have sent it, and never in a loop.
use strict;
use warnings;
use FindBin;
use MIME::QuotedPrint;
use Test::More;
use Time::HiRes qw(sleep);
use lib "$FindBin::Bin/../lib";
use Appliance;
use Soak;

plan skip_all => 'needs root and Postfix' unless $> == 0 &&
	-x '/usr/sbin/postconf';
alarm 240;

my $app = Appliance->new(policy => <<'LUA');
local p = policy("p", function() return true end)
p:rule("told", function(m, rcpt, plan)
	local who = rcpt.local_part
	plan:set("TICKET", "T<1>")
	if m.subject == "own" then
		plan:notify("own", { to = "boss@example.org", headers = true })
	end
	if m.subject == "sender" then plan:notify("rejected", { to = "sender" }) end
	if m.subject == "outside" then
		plan:notify("rejected", { to = "sender", external = true })
	end
	if m:has_header("Auto-Submitted") then plan:mark("seen", "again") end
	if who:match("^kept") then
		return quarantine("Suspect", { notify = "recipient" })
	end
end)
LUA
$app->setup;
my $templates = "$app->{root}/etc/pm/policy/templates";
mkdir $templates or die "$templates: $!";
Appliance::write_file("$templates/own.txt", "Subject: own %%SUBJECT%%\n\n" .
	"ticket %%TICKET%% for %%ENVELOPE_TO%%: \xc3\xbc %%HEADER_FROM%%\n");
Appliance::write_file("$templates/own.html", "<b>%%TICKET%%</b>\n");
my ($bad, $said) = $app->publish;
is($bad, 0, 'templates travel in what is published') or diag $said;
$app->start;

sub send_to {
	my ($subject, %with) = @_;
	my $sent = $app->send_mail(from => $with{from} // 'carol@example.net',
		rcpts => [map { "$_\@example.org" } @{ $with{to} }],
		message => ($with{header} // '') .
			"From: carol\@example.net\n" .
			"Message-ID: <orig\@example.net>\n" .
			"Subject: $subject\n\nhi\n");
	like($sent->{text}, qr/^250 /, "$subject: accepted");
	is(Soak::settle($app, 60), '', 'spool and queue run empty');
}

# What somebody has: subject => text.
sub box {
	my ($user) = @_;
	my %has;
	for my $path ($app->delivered("$user\@example.org")) {
		open my $in, '<:raw', $path or die "$path: $!";
		my $text = do { local $/; <$in> };
		my ($subject) = $text =~ /^Subject: (.*?)\r?$/m;
		push @{ $has{$subject} }, $text;
	}
	return \%has;
}

send_to('one', to => [qw(kept plain)]);
is_deeply([keys %{ box('plain') }], ['one'], 'who has it is not told');
wait_for('kept', 'Withheld: one');
my $kept = box('kept');
is_deeply([keys %$kept], ['Withheld: one'], 'who has it not is told');
my ($notice) = @{ $kept->{'Withheld: one'} };
for my $line ('From: <postmaster@example.org>', 'To: <kept@example.org>',
	'Auto-Submitted: auto-replied', 'References: <orig@example.net>',
	'  From:     carol@example.net') {
	like($notice, qr/^\Q$line\E\r?$/m, $line);
}
like($notice, qr/^Return-Path: <MAILER-DAEMON>/m, 'from the null sender');
unlike($notice, qr/^hi/m, 'nothing of the body');

# A notice that was hidden in the spool while it was looked at comes late.
sub wait_for {
	my ($user, $subject) = @_;
	my $until = time + 20;

	sleep 1 while !box($user)->{$subject} && time < $until;
}

send_to('many', to => [qw(keptb keptc)]);
wait_for($_, 'Withheld: many') for qw(keptb keptc);
for my $who (qw(keptb keptc)) {
	my $box = box($who);
	is(scalar @{ $box->{'Withheld: many'} // [] }, 1, "$who: once");
	unlike($box->{'Withheld: many'}[0], qr/^(?!Delivered-To|X-Original-To)
		.*kept[bc]\@/mx, 'recipients do not learn of each other');
}

send_to('own', to => [qw(a b c)]);
my $boss = box('boss')->{'own own'};
is(scalar @{ $boss // [] }, 1, 'one message tells one person once');
my $text = decode_qp($boss->[0] // '');
like($text, qr/ticket T<1> for a\@example\.org, b\@example\.org/,
	'values in the text');
like($text, qr{<b>T&lt;1&gt;</b>}, 'escaped in HTML');
like($text, qr{^Content-Type: text/rfc822-headers.*^Subject: own\r?$}ms,
	"and the original's header");

send_to('sender', to => ['a'], from => 'carol@example.org');
is_deeply(box('carol'), {}, 'a sender outside is not told');
send_to('outside', to => ['a'], from => 'carol@example.org');
is(scalar @{ box('carol')->{'Your message was not sent: outside'} // [] }, 1,
	'but where a rule says so');
send_to('outside', to => ['a'], from => 'dora@example.org',
	header => "Precedence: list\n");
send_to('outside', to => ['a'], from => 'dora@example.org',
	header => "Auto-Submitted: auto-generated\n");
send_to('outside', to => ['a'], from => '');
is_deeply(box('dora'), {}, 'never for lists, programs and bounces');
send_to('loop', to => ['kept2'], from => '',
	header => "Auto-Submitted: auto-replied\n");
is_deeply(box('kept2'), {}, 'no notice of a notice');

# A flood: everything is withheld, and somebody hears of the first ones only.
for my $n (1 .. 22) {
	$app->send_mail(from => 'carol@example.net',
		rcpts => ['keptflood@example.org'],
		message => "Subject: flood $n\n\nhi\n");
}
is(Soak::settle($app, 60), '', 'spool and queue run empty');
wait_for('keptflood', 'Withheld: flood 20');
is_deeply([sort keys %{ box('keptflood') }],
	[sort map { "Withheld: flood $_" } 1 .. 20], '20 notices in an hour');
my ($log, @left) = '';
# The supervisor writes the log: it may be a moment behind the answers.
for (1 .. 100) {
	$log = do { local (@ARGV, $/) = "$app->{root}/var/log/pm/pm.log"; <> };
	@left = $log =~ /reply=discard kept=1 .* why=1 notice left out: 20 to one person within an hour are enough$/mg;
	last if @left >= 2;
	sleep 0.1;
}
is(scalar(() = $log =~ /warn: notices to <keptflood\@example\.org>: 20 within an hour are enough, further ones are left out$/mg),
	1, 'told once');
is(scalar @left, 2, 'and with each message that is kept without one');
ok($app->stop, 'stops within the deadline');
done_testing;

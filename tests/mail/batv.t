#!/usr/bin/perl
# Signed envelope senders through Postfix: what leaves has a tag, its bounce
# comes home, and one that somebody forged is refused (the ready-made rules).
use strict;
use warnings;
use FindBin;
use Test::More;
use lib "$FindBin::Bin/../lib";
use Appliance;
use IO::Socket::INET;
use POSIX ();
use Soak;

plan skip_all => 'needs root and Postfix' unless $> == 0 &&
	-x '/usr/sbin/postconf';
alarm 120;

# A relay host that knows nobody.
sub start_relay {
	my ($port) = @_;
	my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
		LocalPort => $port, Listen => 5, ReuseAddr => 1)
		or die "port $port: $!";
	my $pid = fork;
	die "fork: $!" unless defined $pid;
	return $pid if $pid;
	alarm 60;
	while (my $c = $listen->accept) {
		print $c "220 relay ESMTP\r\n";
		while (my $line = <$c>) {
			print $c $line =~ /^RCPT/ ? "550 5.1.1 who?\r\n" :
				"250 fine\r\n";
			last if $line =~ /^QUIT/i;
		}
	}
	POSIX::_exit(0);
}

my $port = Appliance::free_port();
my $app = Appliance->new(networks => ['127.0.0.2/32'],
	mta => "relay_host = \"127.0.0.1:$port\",");
my $relay = start_relay($port);
$app->setup;
my ($code, $out) = $app->pm('policy', 'library', 'add', 'batv');
is($code, 0, 'the ready-made rules') or diag $out;
is(($app->pm('policy', 'option', 'batv_refuse', 'yes'))[0], 0,
	'that refuse');
is(($app->publish)[0], 0, 'are published');
$app->start;

sub bounce_to {
	my ($rcpt) = @_;
	return $app->send_mail(from => '', rcpts => [$rcpt], source => '127.0.0.3',
		message => "From: MAILER-DAEMON\@example.net\n" .
			"Subject: undelivered\n\nYour mail was not.\n")->{text};
}

like($app->send_mail(source => '127.0.0.2', from => 'carol@example.org',
	rcpts => ['who@elsewhere.example'], message => "From: carol\@example.org\n" .
	"Subject: out\n\nhi\n")->{text}, qr/^250 /, 'mail leaves');
ok(Soak::settle($app, 60) eq '', 'spool and queue run empty');
my @home = $app->delivered('carol@example.org');
is(scalar @home, 1, 'its bounce comes home');
my $bounce = do { local (@ARGV, $/) = ($home[0]); <> };
my ($tagged) = $bounce =~ /(prvs=\d{4}[0-9a-f]{6}=carol\@example\.org)/;
ok($tagged, 'it was sent with a tag');
like(bounce_to($tagged), qr/^250 /, 'a bounce to the tag is taken');
is(Soak::settle($app, 60), '', 'and delivered');
is(scalar(() = $app->delivered('carol@example.org')), 2, 'to the bare address');
like(bounce_to('carol@example.org'), qr/^550 5\.7\.1 .*did not send/,
	'a bounce without one is refused');
(my $forged = $tagged) =~ s/=(\d{4})..../=$1abcd/;
like(bounce_to($forged), qr/^550 5\.7\.1 /, 'a forged one, too');
kill 'TERM', $relay;
waitpid $relay, 0;
done_testing;

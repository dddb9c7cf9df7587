#!/usr/bin/perl
# Mail that does not end here: from inside it goes to the relay host of the
# wiring, from outside it is refused.
use strict;
use warnings;
use FindBin;
use IO::Socket::INET;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);
use lib "$FindBin::Bin/../lib";
use Appliance;

plan skip_all => 'needs root and Postfix' unless $> == 0 &&
	-x '/usr/sbin/postconf';
alarm 120;

# A relay host: takes one message, writes it to a file, says 250.
sub start_relay {
	my ($port, $file) = @_;
	my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
		LocalPort => $port, Listen => 5, ReuseAddr => 1)
		or die "port $port: $!";
	my $pid = fork;
	die "fork: $!" unless defined $pid;
	return $pid if $pid;
	alarm 60;
	while (my $c = $listen->accept) {
		my ($data, $text) = (0, '');
		print $c "220 relay ESMTP\r\n";
		while (my $line = <$c>) {
			$text .= $line;
			if ($data) {
				next unless $line eq ".\r\n";
				$data = 0;
				Appliance::write_file("$file.new", $text);
				rename "$file.new", $file;
			}
			$data = $line =~ /^DATA/i;
			print $c $data ? "354 go on\r\n" : "250 fine\r\n";
			last if $line =~ /^QUIT/i;
		}
	}
	POSIX::_exit(0);
}

my $port = Appliance::free_port();
my $app = Appliance->new(networks => ['127.0.0.0/8'],
	mta => "relay_host = \"127.0.0.1:$port\",");
my $file = "$app->{root}/relayed";
my $relay = start_relay($port, $file);
$app->setup->start;
my $message = "From: <a\@example.org>\nSubject: out\n\nBody of it.\n";
my $r = $app->send_mail(from => 'a@example.org',
	rcpts => ['b@elsewhere.example'], message => $message);
is($r->{code}, 250, 'from inside: accepted');
for (1 .. 200) {
	last if -e $file;
	sleep 0.05;
}
open my $in, '<', $file or fail("the relay host got nothing: $!");
my $got = do { local $/; <$in> } // '';
like($got, qr/^RCPT TO:<b\@elsewhere\.example>/mi, 'for its recipient');
like($got, qr/^Subject: out\r\n\r\nBody of it\.\r\n\.\r\n/m, 'unchanged');
is(scalar(() = $app->delivered), 0, 'and nothing stays here');
ok($app->stop, 'stops');

$app = Appliance->new(mta => "relay_host = \"127.0.0.1:$port\",");
$app->setup->start;
$r = $app->send_mail(from => 'a@example.org',
	rcpts => ['b@elsewhere.example'], message => $message);
is($r->{rcpts}{'b@elsewhere.example'}, 554, 'from outside: refused');
like($r->{text}, qr/Relay access denied/, 'with the reason');
kill 'TERM', $relay;
waitpid $relay, 0;
done_testing;

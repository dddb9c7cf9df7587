#!/usr/bin/perl
# clamd = "own": the filter's own clamd and freshclam, from no signatures at
# all to a virus in a message; what the sender hears meanwhile.
use strict;
use warnings;
use Test::More;
use lib 'tests/lib';
use Appliance;
use IO::Socket::INET;
use Milter;
use POSIX ();
use Time::HiRes qw(sleep time);

plan skip_all => 'needs root and ClamAV' unless $> == 0 &&
	Appliance::clamd_program() && -x '/usr/bin/freshclam' &&
	-x '/usr/bin/clamscan';

# In two pieces, so that this file is no virus itself.
my $eicar = 'X5O!P%@AP[4\PZX54(P^)7CC)7}$' .
	'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*';

# A mirror: 404 until its file is there.
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5)
	or die "listen: $!";
my $port = $listener->sockport;
my $a = Appliance->new(roles => '"filter"', clamd => 'own',
	filter => 'mirror = "none", signatures = { "http://127.0.0.1:' .
	"$port/site.ndb\" },");
my $file = "$a->{root}/site.ndb";
my $mirror = fork // die;
if (!$mirror) {
	$SIG{TERM} = sub { POSIX::_exit(0) };
	while (my $s = $listener->accept) {
		my $asked = '';
		$asked .= <$s> // last until $asked =~ /\r\n\r\n/;
		my $text = '';
		if (open my $in, '<', $file) { local $/; $text = <$in> }
		print $s "HTTP/1.1 " . (length $text ? '200 OK' :
			'404 Not Found') . "\r\nContent-Length: " .
			length($text) . "\r\nLast-Modified: Mon, 23 Nov 2026 " .
			"10:00:00 GMT\r\nConnection: close\r\n\r\n";
		print $s $text unless $asked =~ /^HEAD/;
		close $s;
	}
	POSIX::_exit(0);
}
END {
	local $?;
	if ($mirror) { kill 'TERM', $mirror; waitpid $mirror, 0 }
}

$a->setup->start;

sub process {
	my ($name) = @_;
	my ($p) = grep { $_->{process} eq $name } @{ $a->status->{processes} };
	return $p;
}

sub until_ok {
	my ($what, $seconds, $test) = @_;
	my $end = time + $seconds;
	my $good;
	sleep 0.1 until ($good = $test->()) || time > $end;
	return ok($good, $what) || diag($a->log_tail(30));
}

# What the MTA is answered about a message with that text.
sub answer {
	my ($text) = @_;
	my $m = Milter->new("$a->{root}/run/pm/milter.sock", timeout => 40);
	$m->connect_from('mail.example.net', '203.0.113.1');
	$m->helo('mail.example.net');
	my $r = $m->transaction('a@example.net', ['b@example.org'],
		"From: <a\@example.net>\nSubject: x\n" .
		"Date: Mon, 23 Nov 2026 10:00:00 +0000\n\n$text\n");
	$m->quit;
	return { a => 'accept', c => 'accept', d => 'discard',
		y => substr($r->{text}, 0, 3) }->{ $r->{code} } // $r->{code};
}

until_ok('freshclam says that it gets nothing', 15, sub {
	process('freshclam')->{degraded} =~
		/^virus signatures cannot be fetched from http:/ });
like(process('clamd')->{degraded}, qr/^there are no virus signatures yet: /,
	'and clamd, that it has none');
is(answer('hello'), '451', 'meanwhile mail is put off');

Appliance::write_file($file, 'Eicar-Test:0:*:' . unpack('H*', $eicar) . "\n");
$a->pm('reload', 'filter/freshclam');
until_ok('then clamd starts', 30, sub { process('clamd')->{note} =~
	/^ClamAV \d\S+ at pm, 1 signatures of \d{4}-\d\d-\d\d$/ });
is(process('clamd')->{degraded}, '', 'and is well');
until_ok('and freshclam', 5, sub { process('freshclam')->{note} =~
	/^signatures are as those of http:.*, \d{4}-\d\d-\d\d \d\d:\d\d UTC$/ });
is(answer('hello'), 'accept', 'a clean message passes');
is(answer($eicar), 'discard', 'one with a virus is withheld');
my ($code, $said) = $a->pm('virus');
like($said, qr/^1 files of .*\nClamAV \S+.* at unix:run\/pm\/clamd\/clamd\.sock$/,
	'pm virus');

Appliance::write_file("$a->{root}/more.hdb",
	'6d7a1a6a9d5f1d1e0ea3c8a3d5d0d0d0:77:Made-Up' . "\n");
Appliance::write_file("$a->{root}/more.ndb",
	'Second-Test:0:*:' . unpack('H*', 'another bad thing') . "\n");
Appliance::write_file("$a->{root}/bad.ndb", "nonsense\n");
($code, $said) = $a->pm('virus', 'load', "$a->{root}/bad.ndb");
is($code, 2, 'what is no file of signatures');
like($said, qr/bad\.ndb: ClamAV cannot use it/, 'is refused');
is(answer('another bad thing'), 'accept', 'what nobody knows passes');
($code, $said) = $a->pm('virus', 'load', "$a->{root}/more.ndb",
	"$a->{root}/more.hdb");
is($code, 0, 'files by hand') or diag($said);
until_ok('are in force soon', 15, sub {
	answer('another bad thing') eq 'discard' });

until_ok('and counted', 12, sub {
	process('clamd')->{note} =~ /, 3 signatures of/ });
# What clamd itself refuses is told, and it goes on.
Appliance::write_file("$a->{root}/var/lib/pm/clamav/signatures/bad.ndb",
	"nonsense\n");
until_ok('signatures that it refuses are told', 20, sub {
	process('clamd')->{degraded} =~
		/^clamd has trouble, perhaps with new signatures, and goes/ });
is(answer('another bad thing'), 'discard', 'the old ones are in force');
unlink "$a->{root}/var/lib/pm/clamav/signatures/bad.ndb";
until_ok('until they are gone', 20, sub {
	process('clamd')->{degraded} eq '' });

# Processes named clamd whose parent is that one.
sub clamds {
	my ($parent) = @_;
	my @pids;
	for my $path (glob '/proc/[0-9]*/stat') {
		open my $in, '<', $path or next;
		push @pids, $1 if (<$in> // '') =~
			/^(\d+) \(clamd\) \S $parent /;
	}
	return @pids;
}

my $before = process('clamd');
my ($clamd) = clamds($before->{pid});
ok($clamd, 'clamd is its child');
isnt(readlink "/proc/$clamd/ns/net", readlink '/proc/self/ns/net',
	'which has no network');
kill 'KILL', $clamd;
until_ok('killed, it comes back', 30, sub {
	my $p = process('clamd');
	$p->{pid} != $before->{pid} && $p->{note} =~ /^ClamAV/ });
is(answer($eicar), 'discard', 'and finds again');
($clamd) = clamds(process('clamd')->{pid});
$a->stop;
ok(!-e "/proc/$clamd", 'none is left behind');
done_testing;

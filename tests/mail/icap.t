#!/usr/bin/perl
# A virus scanner by ICAP: Debian's c-icap, alone and beside a clamd; what is
# known already, and what happens while it is gone.
use strict;
use warnings;
use Test::More;
use lib 'tests/lib';
use Appliance;
use IO::Socket::INET;
use Milter;
use POSIX ();
use Time::HiRes qw(sleep time);

my $program = '/usr/bin/c-icap';
my ($modules) = glob '/usr/lib/*/c_icap';
plan skip_all => 'needs ClamAV and c-icap with its virus scanner' unless
	Appliance::clamd_program() && -x $program && defined $modules &&
	-e "$modules/virus_scan.so" && -e "$modules/clamd_mod.so";

# In two pieces, so that this file is no virus itself.
my $eicar = 'X5O!P%@AP[4\PZX54(P^)7CC)7}$' .
	'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*';

my $port = Appliance::free_port();
my $icap = "icap://127.0.0.1:$port/avscan";
my $a = Appliance->new(roles => '"filter"',
	filter => "icap = \"$icap\",")->setup;
my $dir = "$a->{root}/c-icap";
my $pid;

sub start_icap {
	$pid = fork // die "fork: $!";
	if (!$pid) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', "$dir/out";
		open STDERR, '>&', \*STDOUT;
		exec Appliance::with_us($program, '-N', '-f', "$dir/conf")
			or POSIX::_exit(127);
	}
	for (1 .. 200) {
		return if IO::Socket::INET->new("127.0.0.1:$port");
		sleep 0.05;
	}
	die "c-icap did not start: see $dir/out";
}

sub stop_icap {
	kill 'TERM', $pid if $pid;
	waitpid $pid, 0 if $pid;
	undef $pid;
}
END { local $?; stop_icap() }

mkdir $dir;
my $clamd = "$a->{root}/clamd/clamd.sock";
Appliance::write_file("$dir/conf", <<"CONF");
PidFile $dir/pid
CommandsSocket $dir/control
ServerLog $dir/server.log
AccessLog $dir/access.log
TmpDir $dir
Port 127.0.0.1:$port
StartServers 1
MaxServers 1
ThreadsPerChild 8
MinSpareThreads 1
MaxSpareThreads 8
ModulesDir $modules
ServicesDir $modules
TemplateDir /usr/share/c_icap/templates/
TemplateDefaultLanguage en
LoadMagicFile /etc/c-icap/c-icap.magic
Module common clamd_mod.so
clamd_mod.ClamdSocket $clamd
Service antivirus_module virus_scan.so
ServiceAlias avscan virus_scan?allow204=on&sizelimit=off&mode=simple
virus_scan.ScanFileTypes TEXT DATA EXECUTABLE ARCHIVE DOCUMENT
virus_scan.MaxObjectSize 100M
virus_scan.DefaultEngine clamd
CONF
$a->start_clamd;
my $where = delete $a->{clamd};	# c-icap's, not pm's
start_icap();
$a->start;

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

my $n = 0;
# What the MTA is answered about a message with that text.
sub answer {
	my ($text, $to) = @_;
	my $m = Milter->new("$a->{root}/run/pm/milter.sock", timeout => 40);
	$m->connect_from('mail.example.net', '203.0.113.1');
	$m->helo('mail.example.net');
	my $r = $m->transaction('a@example.net', ['b@example.org'],
		"From: <a\@example.net>\nTo: <b" . ++$n . "\@example.org>\n" .
		"Subject: x\nDate: Mon, 23 Nov 2026 10:00:00 +0000\n\n" .
		"$text\n");
	$m->quit;
	return { a => 'accept', c => 'accept', d => 'discard',
		y => substr($r->{text}, 0, 3) }->{ $r->{code} } // $r->{code};
}

until_ok('pm status says which scanner', 15, sub {
	process('broker')->{note} =~ m{^C-ICAP/\S+ .* at \Q$icap\E; 0 virus} });
is(process('broker')->{degraded}, '', 'which is well');
my ($code, $said) = $a->pm('virus');
like($said, qr{\AC-ICAP/\S+ .* at \Q$icap\E\n\z}, 'and so does pm virus');
is($code, 0, 'all is well');
is(answer('hello'), 'accept', 'a clean message passes');
is(answer($eicar), 'discard', 'one with a virus is withheld');
is(answer('word ' x 400_000), 'accept', 'a large one passes');
is(answer("$eicar\n" . 'word ' x 400_000), 'discard',
	'and does not with a virus');
my ($held) = grep { $_->{reason} eq 'Virus' } $a->quarantined;
ok($held, 'it is held as "Virus"');
is(answer('hello'), 'accept', 'the same to another reader');
until_ok('is known already', 15, sub {
	process('broker')->{note} =~ /; 5 virus scans, 1 of them of content/ });

stop_icap();
is(answer('another'), '451', 'without the scanner mail is put off');
like(process('broker')->{degraded},
	qr/^virus engine does not answer \(.*\): policy sees "later"$/,
	'and pm status says why');
($code, $said) = $a->pm('virus');
is($code, 3, 'pm virus gets no answer');
like($said, qr/^pm virus: no answer from \Q$icap\E: .*refused$/, 'and says so');

# Beside a clamd, as one that mail does not wait for.
$a->{clamd} = $where;
$a->{filter} = "icap = \"$icap\", optional = { \"icap\" },";
$a->stop;
$a->setup->start;
is(answer('another'), 'accept', 'an optional one that is gone is left out');
is(answer($eicar), 'discard', 'the other finds viruses');
until_ok('which pm status tells', 10, sub { process('broker')->{degraded} =~
	/^virus engine \Q$icap\E does not answer \(.*\): mail is judged with/ });
start_icap();
until_ok('until it is back', 15, sub {
	process('broker')->{degraded} eq '' });
# A clamd gone and needed: what the optional one says is not enough.
$a->stop_clamd;
is(answer('a third'), '451', 'a needed one that is gone puts mail off');
$a->stop;
done_testing;

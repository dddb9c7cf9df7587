#!/usr/bin/perl
# make bench: pm filter beside a null milter and, when it is installed, rspamd
# with Bayes, on the same mail in the same run; one line each. Speed passes or
# fails nothing: the aim stands beside the figure.
#
#   BENCH_N=3000 messages a run, BENCH_CONC=8 connections, BENCH_SECONDS=20
#   BENCH_PEERS="null null-nr pm cold files signed reading rspamd-bayes",
#   BENCH_MAIL=folder of .eml
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Path qw(make_path remove_tree);
use File::Find;
use FindBin;
use JSON::PP;
use MIME::Base64 qw(encode_base64);
use Compress::Zlib qw(crc32);
use POSIX ();
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/../lib";
use Appliance;
use Corpus;
use Rspamd;
use ZoneDns;

our $n = $ENV{BENCH_N} // 3000;
our $conc = $ENV{BENCH_CONC} // 8;
my $seconds = $ENV{BENCH_SECONDS} // 20;
my $build = $ENV{PM_BUILD} // abs_path('build/rel');
my $load = "$build/tools/bench/milterload";
my $null = "$build/tools/bench/nullmilter";
make_path('build/bench');
my $work = abs_path('build/bench');
my @started;
my %cost;

$SIG{INT} = $SIG{TERM} = sub { exit 1 };
END { stop_all() }

# Starts a program; its pid is remembered so that it is stopped.
sub start {
	my (@command) = @_;
	my $pid = fork;
	die "fork: $!" unless defined $pid;
	if (!$pid) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', "$work/out";
		open STDERR, '>&', \*STDOUT;
		exec @command or POSIX::_exit(127);
	}
	push @started, $pid;
	return $pid;
}

sub stop_all {
	local $?;
	for my $pid (reverse @started) {
		kill 'TERM', $pid;
		waitpid $pid, 0;
	}
	@started = ();
}

sub wait_for {
	my ($what, $seconds_most, $test) = @_;
	my $end = time + $seconds_most;
	while (!$test->()) {
		die "bench: $what is not up\n" if time > $end;
		sleep 0.1;
	}
}

sub write_file { Appliance::write_file(@_) }

# PSS of processes and all their children, MB.
sub pss_of {
	my (@pids) = @_;
	my ($kb, %seen) = (0);
	while (defined(my $pid = shift @pids)) {
		next if $seen{$pid}++;
		open my $in, '<', "/proc/$pid/smaps_rollup" or next;
		while (<$in>) { $kb += $1 if /^Pss:\s+(\d+)/ }
		open my $c, '<', "/proc/$pid/task/$pid/children" or next;
		push @pids, split ' ', (<$c> // '');
	}
	return $kb / 1024;
}

# One run of the load generator; prints the peer's line.
sub measure {
	my ($name, $socket, $mail, @pids) = @_;
	my $warm = $n < 600 ? 2 : 200;
	my $json = qx($load -s $socket -d $mail -c $conc -n $n -w $warm \\
		-Z 20000000 \\
		-t $seconds -T 100 -V -q -j -l $name @{[map { "-p $_" } @pids]});
	my $r = eval { decode_json($json) };
	if (!$r) {
		print "$name: no result\n";
		return;
	}
	$cost{$name} = $r->{cpu_ms_msg};
	printf "%-14s %9.3f %9.0f %8.1f %8.1f %8.1f %7d\n", $name,
		$r->{cpu_ms_msg}, $r->{msgs_s}, $r->{lat_ms}{p50},
		$r->{lat_ms}{p99}, $r->{pss_peak_mb}, $r->{messages};
	my $v = $r->{verdict};
	printf "%-14s accept %d reject %d tempfail %d error %d\n", '',
		@$v{qw(accept reject tempfail error)}
		if $v->{tempfail} || $v->{error};
}

sub null_milter {
	my ($name, $mail, @flags) = @_;
	my $socket = "$work/null.sock";
	unlink $socket;
	my $pid = start($null, @flags, "unix:$socket");
	wait_for($name, 5, sub { -S $socket });
	measure($name, "unix:$socket", $mail, $pid);
	stop_all();
}

# pm filter with the default policy: its three stub rules; SPF, DKIM and DMARC
# ask a name server that knows nothing.
sub pm_filter {
	my ($mail) = @_;
	my $dns = ZoneDns->new({});
	my $a = Appliance->new(domains => ['example.org'],
		roles => '"filter"', top => 'resolver = "' .
		$dns->resolver . '",');
	$a->setup->start;
	my @pids = map { $_->{pid} }
		grep { $_->{role} eq 'filter' } @{ $a->status->{processes} };
	my $idle = pss_of(@pids);
	measure('pm', "unix:$a->{root}/run/pm/milter.sock", $mail, @pids);
	printf "%-14s idle PSS of the whole filter %.1f MB (aim: under 60)\n",
		'', $idle;
	if ($cost{'null-nr'} && $cost{pm}) {
		printf "%-14s CPU aim: 2.5 x null-nr + 0.15 = %.3f ms: %s\n",
			'', 2.5 * $cost{'null-nr'} + 0.15,
			$cost{pm} <= 2.5 * $cost{'null-nr'} + 0.15 ?
			'kept' : 'missed';
	}
	$a->stop;
}

# A part that is a file.
sub file_part {
	my ($name, $type, $bytes) = @_;
	return "--x\r\nContent-Type: $type; name=\"$name\"\r\n" .
		"Content-Transfer-Encoding: base64\r\n\r\n" .
		encode_base64($bytes, "\r\n");
}

# 5 MB of attachments, the same in each run: a picture and an archive, whose
# bytes are like chance, a PDF, and a table of text.
sub big_message {
	my ($folder) = @_;
	my $state = 1;
	my $chance = pack 'L*', map {
		$state = ($state * 1103515245 + 12345) & 0xffffffff } 1 .. 500_000;
	my $table = join '', map { "$_;Miller;" . ($_ * 37 % 1000) . ";paid\n" }
		1 .. 55_000;
	remove_tree($folder);
	make_path($folder);
	write_file("$folder/1.eml", "From: <a\@example.net>\r\n" .
		"To: <b\@example.org>\r\nSubject: the files\r\n" .
		"Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n" .
		"Message-ID: <1\@example.net>\r\nMIME-Version: 1.0\r\n" .
		"Content-Type: multipart/mixed; boundary=x\r\n\r\n" .
		"--x\r\nContent-Type: text/plain\r\n\r\nHere they are.\r\n" .
		file_part('a.jpg', 'image/jpeg', "\xff\xd8\xff\xe0\0\x10JFIF" .
			$chance) .
		file_part('b.pdf', 'application/pdf', "%PDF-1.5\n" .
			substr($chance, 0, 1_000_000) . "\n%%EOF\n") .
		file_part('c.csv', 'text/csv', $table) .
		file_part('d.zip', 'application/zip', zip_of('d.csv',
			$table)) . "--x--\r\n");
	return -s "$folder/1.eml";
}

# A ZIP file with one member, stored: another megabyte to look into.
sub zip_of {
	my ($name, $bytes) = @_;
	my $common = pack 'vvvvvVVVvv', 20, 0, 0, 0, 0x5b57, crc32($bytes),
		(length $bytes) x 2, length $name, 0;
	my $local = "PK\3\4$common$name$bytes";
	my $central = "PK\1\2" . pack('v', 20) . $common .
		pack('vvvVV', 0, 0, 0, 0, 0) . $name;
	return $local . $central . "PK\5\6" . pack('vvvvVVv', 0, 0, 1, 1,
		length $central, length $local, 0);
}

sub files {
	my $dns = ZoneDns->new({});
	my $a = Appliance->new(domains => ['example.org'],
		roles => '"filter"', top => 'resolver = "' .
		$dns->resolver . '",');
	my $bytes = big_message("$work/big");
	$a->setup->start;
	my @pids = map { $_->{pid} }
		grep { $_->{role} eq 'filter' } @{ $a->status->{processes} };
	local ($n, $conc) = (60, 2);
	measure('files', "unix:$a->{root}/run/pm/milter.sock", "$work/big",
		@pids);
	printf "%-14s a message of %.1f MB, 5 MB of them attachments; aim: at " .
		"most 60 ms CPU: %s\n", '', $bytes / 1e6,
		($cost{files} // 1e9) <= 60 ? 'kept' : 'missed';
	$a->stop;
}

# Seconds from the start of the appliance until a message has its answer.
sub first_verdict {
	my ($a, $mail) = @_;
	my $socket = "$a->{root}/run/pm/milter.sock";
	my $begin = time;
	$a->start;
	my $ask = "$load -s unix:$socket -d $mail -c 1 -n 1 -t 5 -T 100 -V " .
		'-q -j';
	wait_for('first verdict', 30, sub {
		my $r = -S $socket && eval { decode_json(qx($ask)) };
		return $r && $r->{verdict}{accept};
	});
	my $took = time - $begin;
	$a->stop;
	return $took;
}

# The site has as many rules of its own as are shipped: the same ones.
sub cold_start {
	my ($mail) = @_;
	my $dns = ZoneDns->new({});
	my $a = Appliance->new(domains => ['example.org'],
		roles => '"filter"', top => 'resolver = "' .
		$dns->resolver . '",');
	$a->setup;
	my $without = first_verdict($a, $mail);
	my $rules = "$a->{root}/etc/pm/policy/rules";
	make_path($rules);
	system('cp', glob("$FindBin::Bin/../../lua/rules/*.lua"), $rules) == 0
		or die "bench: no rules\n";
	my ($code, $out) = $a->pm('policy', 'publish', '-m', 'rules');
	die "bench: $out" if $code;
	unlink glob "$a->{root}/var/lib/pm/compiled/*";
	my ($first, $second) = map { first_verdict($a, $mail) } 1 .. 2;
	printf "%-14s start to first verdict: %.2f s; with as many rules " .
		"again %.2f s, their patterns cached %.2f s\n" .
		"%-14s aim: at most 5 and 1 s: %s\n", 'cold', $without,
		$first, $second, '', $first <= 5 && $second <= 1 ?
		'kept' : 'missed';
}

# OpenDKIM, verifying what we signed, and our SPF, DKIM and DMARC of the same.
sub signed_mail {
	my ($mail) = @_;
	my ($keys, $signed) = ("$work/keys", "$work/signed");
	my @files = glob "$mail/*";
	remove_tree($signed);
	make_path($signed);
	system("$build/tools/speed_auth", 'sign', $keys, $signed, @files) == 0
		or die "bench: cannot sign\n";
	@files = glob "$signed/*";
	if (-x '/usr/sbin/opendkim') {
		write_file("$work/none", '');
		write_file("$work/opendkim.conf", "Syslog no\nMode v\n" .
			"UMask 000\nBackground no\nAlwaysAddARHeader yes\n" .
			"TestPublicKeys $keys\nInternalHosts $work/none\n" .
			"PidFile $work/opendkim.pid\n");
		unlink "$work/opendkim.sock";
		my $pid = start('/usr/sbin/opendkim', '-f', '-x',
			"$work/opendkim.conf", '-p',
			"local:$work/opendkim.sock");
		wait_for('opendkim', 5, sub { -S "$work/opendkim.sock" });
		measure('opendkim', "unix:$work/opendkim.sock", $signed, $pid);
		stop_all();
	}
	my $ours = qx($build/tools/speed_auth verify 3 $keys @files);
	my ($ms) = $ours =~ /^([\d.]+)/;
	printf "%-14s SPF+DKIM+DMARC %s", '', $ours;
	printf "%-14s %.2f of opendkim's CPU (aim: at most 1.3): %s\n", '',
		$ms / $cost{opendkim}, $ms <= 1.3 * $cost{opendkim} ?
		'kept' : 'missed' if $cost{opendkim};
}

# Tree, texts, links and types of the mail, in one process of its own.
sub reading {
	my ($mail) = @_;
	my @files = glob "$mail/*";
	printf "%-14s %s", 'reading', qx($build/tools/speed_read 3 @files) .
		(' ' x 15) . "aim: at least 150 MB/s, memory beyond 0\n";
	printf "%-14s %s", 'lists', qx($build/tools/speed_list) .
		(' ' x 15) . "aim: under 2000 ns, at most 64 bytes\n";
}

# A name server that knows nothing: every name NXDOMAIN at once.
sub start_dns {
	my ($port) = @_;
	make_path("$work/nsd");
	write_file("$work/nsd/root.zone", ". 3600 IN SOA ns. host. 1 3600 " .
		"900 604800 3600\n. 3600 IN NS ns.\nns. 3600 IN A 127.0.0.1\n");
	write_file("$work/nsd/nsd.conf", <<"CONF");
server:
  ip-address: 127.0.0.1\@$port
  server-count: 1
  username: ""
  chroot: ""
  pidfile: "$work/nsd/nsd.pid"
  database: ""
  zonelistfile: "$work/nsd/zone.list"
  xfrdfile: "$work/nsd/xfrd.state"
  zonesdir: "$work/nsd"
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: "root.zone"
CONF
	start('nsd', '-c', "$work/nsd/nsd.conf", '-d');
}

sub rspamd {
	my ($mail) = @_;
	my ($missing) = (Rspamd::missing(), grep { !-x "/usr/sbin/$_" } 'nsd');
	if ($missing) {
		print "rspamd-bayes   not measured: $missing is not " .
			"installed\n";
		return;
	}
	my $dns = Appliance::free_port();
	start_dns($dns);
	my $rspamd = Rspamd->new("$work/rspamd", dns => "127.0.0.1:$dns");
	my $corpus = Corpus::mail();
	for my $class ($corpus ? qw(ham spam) : ()) {
		$rspamd->learn($class, Corpus::sample($corpus, $class, 300));
	}
	measure('rspamd-bayes', 'unix:' . $rspamd->socket, $mail,
		$rspamd->pids);
	$rspamd->stop;
	stop_all();
}

die "bench: run it as root\n" if $> != 0;
my $mail = $ENV{BENCH_MAIL} // Corpus::mix("$work/mix");
printf "mail: %s\n%-14s %9s %9s %8s %8s %8s %7s\n", Corpus::describe($mail),
	'name', 'CPU ms', 'msg/s', 'p50 ms', 'p99 ms', 'PSS MB', 'n';
my %run = (
	'null' => sub { null_milter('null', $mail, '-a') },
	'null-nr' => sub { null_milter('null-nr', $mail, '-a', '-n') },
	'pm' => sub { pm_filter($mail) },
	'files' => sub { files() },
	'cold' => sub { cold_start($mail) },
	'rspamd-bayes' => sub { rspamd($mail) },
	'signed' => sub { signed_mail($mail) },
	'reading' => sub { reading($mail) },
);
for my $peer (split ' ', $ENV{BENCH_PEERS} //
		'null null-nr pm cold files signed reading rspamd-bayes') {
	die "bench: no peer $peer: one of @{[sort keys %run]}\n"
		unless $run{$peer};
	$run{$peer}->();
}
if ($cost{pm} && $cost{'rspamd-bayes'}) {
	printf "pm takes 1/%.0f of rspamd's CPU per message (rspamd has all " .
		"its rules, pm the default policy)\n",
		$cost{'rspamd-bayes'} / $cost{pm};
}

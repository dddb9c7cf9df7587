#!/usr/bin/perl
# pm db tune: its three outcomes on hosts of other sizes (PM_TEST_HOST), what
# is written and kept, and that a real PostgreSQL takes every file of it.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;
use lib 'tests/lib';
use Db;

my $pm = abs_path($ENV{PM} // 'build/pm');
my $dir = tempdir('pm-tune-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $dir;

use constant { MB => 1 << 20, GB => 1 << 30 };

sub spew {
	my ($file, $text) = @_;
	make_path($file =~ s{/[^/]+\z}{}r);
	open my $out, '>', $file or die "$file: $!";
	print $out $text;
	close $out;
}

sub slurp {
	open my $in, '<', $_[0] or return undef;
	local $/;
	return scalar(<$in>) // '';
}

# A folder that looks like "/" of a host: its memory in MB and files.
sub host {
	my ($name, $mb, %file) = @_;
	my %all = (
		'proc/meminfo' => sprintf("MemTotal: %d kB\nHugePages_Total: 0\n"
			. "Hugepagesize: 2048 kB\n", $mb * 1024),
		'proc/self/status' => "Cpus_allowed_list:\t0-7\n",
		'proc/self/cgroup' => "0::/\n",
		'proc/sys/kernel/shmmax' => "18446744073692774399\n",
		'proc/sys/kernel/shmall' => "18446744073692774399\n",
		sizes => sprintf("disk: %d %d\nshm: %d %d\n", 500 * GB,
			400 * GB, ($mb / 2 * MB) x 2),
		%file);
	spew("$dir/hosts/$name/$_", $all{$_}) for keys %all;
	return "$dir/hosts/$name";
}

my ($root, $n);

# A root of an appliance with these roles.
sub root {
	my ($roles) = @_;
	$root = "$dir/root" . ++$n;
	my $list = join ', ', map { "\"$_\"" } split ' ', $roles;
	spew("$root/etc/pm/wiring.lua", 'return { name = "mx1", '
		. "site = \"example.org\", roles = { $list }, "
		. 'mta = { kind = "postfix" } }');
	chmod 0755, $root;
	return $root;
}

# Runs pm without a terminal; (exit code, both streams).
sub pm {
	my ($host, @args) = @_;
	local $ENV{PM_TEST_HOST} = $host // '';
	my $pid = open my $out, '-|';
	die "fork: $!" unless defined $pid;
	if (!$pid) {
		open STDERR, '>&', \*STDOUT;
		open STDIN, '<', '/dev/null';
		exec $pm, @args or POSIX::_exit(127);
	}
	my $text = do { local $/; <$out> } // '';
	close $out;
	return ($? >> 8, $text);
}

sub tune {
	my ($host, @args) = @_;
	return pm($host, 'db', '--root', $root, 'tune', @args);
}

sub conf { return "$root/var/lib/pm/db/tuned.conf" }

my %host = (
	# A machine of its own.
	large => host('large', 8192),
	# A container: v2 limit on a level above, half a core more than one,
	# 64 MB of /dev/shm, a disk that turns.
	container => host('container', 65536,
		'proc/self/cgroup' => "0::/pm.slice/pm.service\n",
		'sys/fs/cgroup/memory.max' => "max\n",
		'sys/fs/cgroup/pm.slice/memory.max' => 2 * GB . "\n",
		'sys/fs/cgroup/pm.slice/pm.service/memory.max' => "max\n",
		'sys/fs/cgroup/pm.slice/pm.service/cpu.max' =>
			"150000 100000\n",
		sizes => sprintf("disk: %d %d\nshm: %d %d\n", 40 * GB, 30 * GB,
			64 * MB, 64 * MB)),
	# The same by version 1 of control groups.
	old => host('old', 65536,
		'proc/self/cgroup' => "7:cpu,cpuacct:/a\n4:memory:/a/b\n",
		'sys/fs/cgroup/memory/memory.limit_in_bytes' =>
			"9223372036854771712\n",
		'sys/fs/cgroup/memory/a/b/memory.limit_in_bytes' =>
			3 * GB . "\n",
		'sys/fs/cgroup/cpu/a/cpu.cfs_quota_us' => "-1\n",
		'sys/fs/cgroup/cpu/a/cpu.cfs_period_us' => "100000\n"),
	small => host('small', 512),
	full => host('full', 8192,
		sizes => 'disk: ' . 100 * GB . ' ' . 500 * MB . "\n"),
);

subtest 'adjusted' => sub {
	root('csm db');
	my ($code, $out) = tune($host{large});
	is($code, 1, 'nobody said yes');
	like($out, qr/^memory 8192 MB, 8192 MB of it for the database; 8 cores; \/dev\/shm 4096 MB; disk 512000 MB, 409600 MB free, not turning; 1 filter$/m,
		'the host');
	like($out, qr/^shared_buffers: 128MB → 2GB \(a quarter of 8 GB\)$/m,
		'setting, old, new, why');
	like($out, qr/^nothing was changed: say --yes to take this over$/m,
		'how to agree');
	ok(!-e conf(), 'nothing is written');
	($code, $out) = tune($host{large}, '--check');
	is($code, 1, '--check: not tuned');
	like($out, qr/^\d\d settings would change$/m, 'how many');
	ok(!-e conf(), 'nothing is written by --check');

	($code, $out) = tune($host{large}, '--yes');
	is($code, 0, 'yes');
	like($out, qr{^var/lib/pm/db/tuned.conf written; pm db tune --undo puts back what was before$}m,
		'written, and how to undo');
	like($out, qr/^in force after a restart of the database: pm restart db \(mail does not wait for it\)$/m,
		'how it comes into force');
	like(slurp(conf()), qr/^shared_buffers = 2GB\t# a quarter/m, 'in it');
	is((stat conf())[2] & 07777, 0644, 'readable');
	SKIP: {
		skip 'only root gives files away', 1 if $>;
		skip 'no user pm-db', 1 unless defined getpwnam 'pm-db';
		is((stat conf())[4], scalar getpwnam('pm-db'), 'its owner');
	}
	($code, $out) = tune($host{large});
	is($code, 0, 'again');
	like($out, qr/^nothing to change: the settings fit this host$/m,
		'nothing to do');
};

subtest 'undo' => sub {
	my $first = slurp(conf());
	my ($code, $out) = tune($host{large}, '--filters', 12, '--yes');
	is($code, 0, 'more filters');
	like($out, qr/^max_connections: 28 → 72 /m, 'more connections');
	isnt(slurp(conf()), $first, 'another file');
	($code) = tune($host{large}, '--check');
	is($code, 0, 'the number of filters is remembered');
	($code, $out) = tune($host{large}, '--undo');
	is($code, 0, 'undone');
	is(slurp(conf()), $first, 'the file is what it was');
	($code, $out) = tune($host{large}, '--undo');
	is("$code $out", "1 there is nothing to undo\n", 'once only');
};

subtest 'a reload is enough' => sub {
	my $text = slurp(conf());
	spew(conf(), $text =~ s/^work_mem = \w+/work_mem = 5MB/mr);
	my ($code, $out) = tune($host{large}, '--yes');
	like($out, qr/^work_mem: 5MB → /m, 'one change');
	like($out, qr/^in force after a reload: pm reload db$/m, 'reload');
};

subtest 'outside' => sub {
	my $before = slurp(conf());
	my $site = "$root/etc/pm/postgresql.conf";
	my $advice = "$root/var/lib/pm/db/postgresql.conf.recommended";
	spew($site, "# ours\nwork_mem = '32MB'\nMax_Connections 12 # few\n"
		. "fsync = off\nlog_statement = all\n");
	my ($code, $out) = tune($host{large}, '--yes');
	is($code, 1, 'not without a decision');
	like($out, qr{^max_connections: 12 → 28 \(.*; chosen in etc/pm/postgresql.conf:3\)$}m,
		'what somebody chose, and where');
	like($out, qr{^fsync: off → on \(.*postgresql.conf:4\)$}m, 'and this');
	unlike($out, qr/^work_mem/m, 'a good one of his stays');
	like($out, qr{^var/lib/pm/db/postgresql.conf.recommended written; nothing was changed\ntake it over with: pm db tune --accept$}m,
		'how to accept');
	is(slurp(conf()), $before, 'tuned.conf is untouched');
	like(slurp($advice), qr/^max_connections = 28\t/m, 'the advice');
	my $theirs = slurp($site);
	($code, $out) = tune($host{large}, '--accept');
	is($code, 0, 'accepted');
	is(slurp($site), "# ours\nwork_mem = '32MB'\n# pm db tune: "
		. "Max_Connections 12 # few\n# pm db tune: fsync = off\n"
		. "log_statement = all\n", 'his lines are comments now');
	ok(!-e $advice, 'the advice is gone');
	($code) = tune($host{large}, '--check');
	is($code, 0, 'in order');
	($code) = tune($host{large}, '--undo');
	is(slurp($site), $theirs, 'undo gives his lines back');
	is(slurp(conf()), $before, 'and the file');
};

subtest 'outside by itself' => sub {
	root('csm db filter');
	my ($code, $out) = tune($host{container}, '--filters', 60, '--yes');
	is($code, 1, 'too many filters');
	like($out, qr/^outside the recommended range: 264 connections can need 3\.\d GB at once, and the database's share is 1 GB: give this host more memory$/m,
		'why');
	ok(!-e conf(), 'not written');
	($code, $out) = tune($host{container}, '--filters', 60, '--accept');
	is($code, 0, 'accepted');
	($code, $out) = tune($host{container}, '--check');
	is($code, 0, 'what was accepted is no news');
};

subtest 'below the minimum' => sub {
	root('csm db filter');
	my ($code, $out) = tune($host{small}, '--yes');
	is("$code $out", "2 pm db tune: the database needs 384 MB of memory "
		. "(half of the memory, beside the mail filter) and would get "
		. "256 MB: give this host 256 MB more; nothing was changed\n",
		'memory');
	ok(!-e "$root/var/lib/pm/db", 'nothing written');
	($code, $out) = tune($host{full}, '--accept');
	is("$code $out", "2 pm db tune: the database needs 2 GB of free disk "
		. "to begin with, and there are 500 MB: make room on the file "
		. "system of var/lib/pm/db; nothing was changed\n", 'disk');
	spew("$root/var/lib/pm/db/pg/PG_VERSION", "15\n");
	($code) = tune($host{full}, '--check');
	is($code, 1, 'a cluster that exists may be on a full disk');
};

subtest 'limits' => sub {
	root('csm db filter');
	my %expect = (
		container => { memory_limit => 2 * GB, cores => 2,
			memory_for_database => GB, shm => 64 * MB },
		old => { memory_limit => 3 * GB, cores => 8,
			memory_for_database => 3 * GB / 2 },
		large => { memory_limit => 0, cores => 8,
			memory_for_database => 4 * GB },
	);
	for my $name (sort keys %expect) {
		my ($code, $out) = tune($host{$name}, '--json', '--check');
		my $j = decode_json($out);
		is($j->{outcome}, 'adjust', "$name: outcome");
		is($j->{host}{$_}, $expect{$name}{$_}, "$name: $_")
			for sort keys %{ $expect{$name} };
	}
	my $turns = host('turns', 8192);
	my $dev = (stat $root)[0];
	my ($major, $minor) = (($dev >> 8) & 0xfff,
		($dev & 0xff) | (($dev >> 12) & 0xfff00));
	spew("$turns/sys/dev/block/$major:$minor/queue/rotational", "1\n");
	my (undef, $out) = tune($turns);
	like($out, qr/^effective_io_concurrency: 1 → 2 \(the disk turns\)$/m,
		'a disk that turns');
	spew("$turns/sys/dev/block/$major:$minor/uevent", "DEVNAME=vda\n");
	(undef, $out) = tune($turns);
	like($out, qr/^effective_io_concurrency: 1 → 200 /m,
		'a virtual one only says so');
	(undef, $out) = tune(undef, '--json', '--check');
	my ($kb) = slurp('/proc/meminfo') =~ /^MemTotal:\s+(\d+)/m;
	is(decode_json($out)->{host}{memory}, $kb * 1024, 'the real host');
};

subtest 'words' => sub {
	root('mta filter');
	my ($code, $out) = tune(undef);
	is("$code $out", "2 pm db tune: this appliance has no database: "
		. "\"db\" is not in roles of etc/pm/wiring.lua\n", 'no role');
	($code, $out) = tune(undef, '--chek');
	is($code, 2, 'an unknown option');
	like($out, qr/did you mean "?--check/, 'the nearest');
	($code, $out) = tune(undef, '--check', '--undo');
	is("$code $out", "2 pm db tune: --check, --accept and --undo are for "
		. "one at a time\n", 'one at a time');
};

subtest 'set-up' => sub {
	$root = "$dir/setup";
	my $wanted = "$dir/wanted.lua";
	spew($wanted, 'return { name = "mx1", site = "example.org", roles = '
		. '{ "csm", "db" } }');
	my @setup = ('setup', '--root', $root, '--wiring', $wanted);
	my ($code, $out) = pm($host{full}, @setup);
	is($code, 1, 'too little disk: refused');
	like($out, qr/^pm setup: error: the database needs 2 GB of free disk /m,
		'why');
	ok(!-e $root, 'nothing is written');
	($code, $out) = pm($host{large}, @setup);
	is($code, 0, 'enough');
	like($out, qr{^var/lib/pm/db/tuned.conf written: \d\d settings, shared_buffers 2GB, effective_cache_size 6GB$}m,
		'said in one line');
	like(slurp(conf()), qr/^shared_buffers = 2GB\t/m, 'written');
	my $inode = (stat conf())[1];
	($code, $out) = pm($host{large}, @setup);
	is((stat conf())[1], $inode, 'a second time changes nothing');
	spew("$root/etc/pm/postgresql.conf", "fsync = off\n");
	($code, $out) = pm($host{container}, @setup);
	is($code, 0, 'a value of his does not stop set-up');
	like($out, qr{^var/lib/pm/db/postgresql.conf.recommended written: pm db tune shows why, and --accept takes it over$}m,
		'advice');
	like(slurp(conf()), qr/^shared_buffers = 2GB\t/m, 'and no change');
};

my ($bin) = reverse sort glob '/usr/lib/postgresql/*/bin';

# Starts the cluster with the written file and nothing of the test server's.
sub start_with {
	my ($db, $file) = @_;
	my $conf = "$db->{dir}/test.conf";
	spew($conf, "include '$file'\n"
		. "listen_addresses = ''\n"
		. "unix_socket_directories = '$db->{dir}'\n");
	$db->stop;
	$db->{pid} = $db->spawn("$bin/postgres", '-D', "$db->{dir}/pg",
		'-c', "config_file=$conf");
	for (1 .. 200) {
		return 1 if system("$bin/pg_isready", '-q', '-h', $db->{dir},
			'-d', 'postgres', '-U', 'pm') == 0;
		last if waitpid($db->{pid}, POSIX::WNOHANG()) > 0;
		select undef, undef, undef, 0.05;
	}
	diag($db->log_text);
	return 0;
}

# PostgreSQL starts with each file, and every value of it is in force.
sub real {
	my ($name, $db) = @_;
	root('csm db');
	my ($code) = tune($host{$name}, '--yes');
	is($code, 0, "$name: tuned");
	my %want = slurp(conf()) =~ /^(\w+) = (\S+)\t#/mg;
	cmp_ok(scalar keys %want, '>', 25, "$name: settings");
	ok(start_with($db, conf()), "$name: it starts") or return;
	my %got = map { split /\|/ } split /\n/,
		$db->sql("select name, current_setting(name) from pg_settings "
			. "where sourcefile like '%/tuned.conf'");
	is_deeply(\%got, \%want, "$name: in force, as written");
}

subtest 'a real PostgreSQL' => sub {
	my $db = Db->new;
	real($_, $db) for qw(large container old);
};

done_testing;

#!/usr/bin/perl
# Real mail while the database is killed, stopped, cut off in the middle of
# commits and without disk: no answer is a 4xx or late, and afterwards every
# message is in the database once, its withheld body byte for byte.
use strict;
use warnings;
use FindBin;
use POSIX qw(:sys_wait_h);
use Test::More;
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/../lib";
use Appliance;
use Db;
use Soak;

plan skip_all => 'needs root and Postfix' unless $> == 0 &&
	-x '/usr/sbin/postconf';
use constant { WORKERS => 4, PACE => 0.05, SLOWER => 3, FLOOR => 0.5 };

my $part = $ENV{SOAK_PART} // 1; # of each phase's time
my $db = Db->new(migrate => 1, conf => ['fsync=on', 'full_page_writes=on',
	'max_wal_size=64MB', 'min_wal_size=32MB', 'checkpoint_timeout=30s']);
my $app = Appliance->new(policy => $Soak::policy, top =>
	'db = { connection = "' . $db->conninfo('pm_recorder') . '" },');
$app->setup->start;
my @texts = Soak::messages(1000);

# --- mail that never stops --------------------------------------------------------

# Message N of worker W is number N * WORKERS + W + 1; a line for each answer:
# number, when, how long, code, text.
sub send_for_ever {
	my ($w) = @_;
	$SIG{PIPE} = 'IGNORE';
	my $stop = 0;
	$SIG{TERM} = sub { $stop = 1 };
	open my $out, '>', "$app->{root}/sent.$w" or POSIX::_exit(1);
	$out->autoflush;
	for (my $n = $w + 1; !$stop; $n += WORKERS) {
		my @rcpts = map { "u$_\@example.org" } Soak::recipients($n);
		my $start = time;
		my $r = $app->send_mail(from => 'sender@example.net',
			rcpts => \@rcpts,
			message => $texts[$n % @texts]);
		my @all = grep { $_ == 250 } values %{ $r->{rcpts} };
		my $code = @all == @rcpts ? $r->{code} : 0;
		printf $out "%d %.3f %.3f %d %s\n", $n, $start, time - $start,
			$code, $r->{text} // '';
		sleep PACE;
	}
	POSIX::_exit(0);
}

my @senders = map {
	my $pid = fork // die "fork: $!";
	send_for_ever($_) unless $pid;
	$pid;
} 0 .. WORKERS - 1;
END { if (@senders) { local $?; kill 'KILL', @senders } }

# [number, when, seconds, code, text] of all answers so far.
sub answers {
	my @all;
	for my $file (glob "$app->{root}/sent.*") {
		open my $in, '<', $file or die "$file: $!";
		while (my $line = <$in>) {
			chomp $line;
			push @all, [split ' ', $line, 5];
		}
	}
	return @all;
}

# The slowest of all but one in a hundred, of these answers.
sub slow {
	my @took = sort { $a <=> $b } map { $_->[2] } @_;
	return @took ? $took[$#took * 0.99] : 0;
}

my @phases;

# Does something while mail goes on, and notes when.
sub phase {
	my ($name, $do) = @_;
	my $from = time;
	$do->();
	push @phases, [$name, $from, time];
}

# --- the database and its misfortunes -----------------------------------------------

sub children {
	my ($pid) = @_;
	open my $in, '<', "/proc/$pid/task/$pid/children" or return;
	return split ' ', <$in> // '';
}

sub title {
	my ($pid) = @_;
	open my $in, '<', "/proc/$pid/cmdline" or return '';
	return <$in> // '';
}

# Those that serve the archiver.
sub backends {
	return grep { title($_) =~ /^postgres: pm_recorder/ }
		children($db->{pid});
}

# Crashes all of it, as a power cut of the database's host would.
sub crash {
	my @all = ($db->{pid}, children($db->{pid}));
	kill 'KILL', @all;
	waitpid delete $db->{pid}, 0;
	sleep 0.2;
	$db->start;
}

sub rows { return $db->sql('select count(*) from message') }

# Has the archiver written since there were `before` rows?
sub goes_on {
	my ($before) = @_;
	for (1 .. 300) {
		my $now = eval { rows() };
		return 1 if defined $now && $now > $before;
		sleep 0.1;
	}
	return 0;
}

phase('as usual', sub { sleep 10 * $part });
ok(goes_on(0), 'messages reach the database');

phase('killed', sub {
	for (1 .. 4) {
		crash();
		sleep 2 * $part;
	}
});
ok(goes_on(rows()), 'after kill -9: it goes on');

phase('stopped for 30 s', sub {
	my @all = ($db->{pid}, children($db->{pid}));
	kill 'STOP', @all;
	sleep 30 * $part;
	kill 'CONT', @all;
});
ok(goes_on(rows()), 'after 30 s without a sign: it goes on');

# A backend that is told to end dies in whatever it is doing, the commit
# included; one that is killed takes the whole server through recovery.
my $cut = 0;
phase('cut in the middle of commits', sub {
	my $end = time + 20 * $part;
	for (my $n = 0; time < $end; $n++) {
		sleep rand 0.15;
		my @them = backends() or next;
		$cut += kill $n % 12 == 11 ? 'KILL' : 'TERM', @them;
	}
});
cmp_ok($cut, '>', 5 * $part, "connections were cut ($cut times)");
for (1 .. 100) {
	last if eval { rows(); 1 };
	sleep 0.1;
}
ok(goes_on(rows()), 'after these: it goes on');

# A full disk, as far as the server sees it: it writes no byte more.
my $full = 0;
phase('disk full', sub {
	my $wal = "$db->{dir}/pg/pg_wal";
	$db->stop('INT');
	if (system('mount', '-t', 'tmpfs', '-o', 'size=112m,mode=0700',
	    'pm-test', "$db->{dir}/full") != 0) {
		diag('no tmpfs here: this phase is left out');
		$db->start;
		return;
	}
	$full = 1;
	chown((getpwnam $db->{user})[2, 3], "$db->{dir}/full");
	system("cp -a $wal/. $db->{dir}/full/ && mv $wal $wal.was &&
		ln -s $db->{dir}/full $wal") == 0 or die 'cannot move the WAL';
	$db->start;
	open my $filler, '>', "$db->{dir}/full/filler" or die;
	my $block = 'f' x 65536;
	while (syswrite $filler, $block) { }
	close $filler;
	ok(!eval { $db->sql('create table filler as select
		generate_series(1, 3000000)'); 1 }, 'disk full: nothing is written');
	sleep 15 * $part;
	unlink "$db->{dir}/full/filler";
	# It ends itself when it cannot write its log.
	if (waitpid($db->{pid}, WNOHANG) != 0) {
		delete $db->{pid};
		$db->start;
	}
}) if mkdir "$db->{dir}/full";
END {
	local $?;
	if ($full) {
		$db->stop;
		system('umount', '-l', "$db->{dir}/full");
	}
}
SKIP: {
	skip 'no small file system', 1 unless $full;
	ok(goes_on(rows()), 'after a full disk: it goes on');
}

# --- what the senders saw --------------------------------------------------------------

kill 'TERM', @senders;
waitpid $_, 0 for @senders;
@senders = ();
my @all = answers();
my ($usual) = map { my $p = $_; slow(grep { $_->[1] >= $p->[1] &&
	$_->[1] < $p->[2] } @all) } $phases[0];
diag(sprintf '%d messages; usual answer (99 of 100) within %.3f s',
	scalar @all, $usual);
is(join("\n", map { "$_->[0]: $_->[4]" } grep { $_->[3] != 250 } @all), '',
	'no message was deferred or refused');
for my $p (@phases[1 .. $#phases]) {
	my @in = grep { $_->[1] >= $p->[1] && $_->[1] < $p->[2] } @all;
	my $most = SLOWER * ($usual > FLOOR / SLOWER ? $usual : FLOOR /
		SLOWER);
	cmp_ok(scalar @in, '>', 0, "$p->[0]: mail flowed");
	cmp_ok(slow(@in), '<=', $most, "$p->[0]: answers are not late");
}

# --- everything is there, once -----------------------------------------------------------

is(Soak::settle($app, 120), '', 'spool and queue run empty');
sub on_disk {
	return grep { -f && !/\.positions$/ }
		glob("$app->{root}/var/lib/pm/quarantine/*/*");
}
my $end = time + 120;
sleep 0.2 while time < $end && (rows() < @all || on_disk());
is(join("\n", on_disk()), '', 'no withheld mail is left on disk');
is(rows(), scalar @all, 'as many rows as messages were sent');

my %rows;
$rows{$_->[0]}{"$_->[1] " . ($_->[2] // q())}++ for map { [split /\|/] } split /\n/,
	$db->sql("select substr(rcpt, 2, position('\@' in rcpt) - 2), outcome,
		reason from message_rcpt");
my @wrong;
for my $n (map { $_->[0] } @all) {
	for my $r (Soak::recipients($n)) {
		my $want = Soak::expected($r);
		$want .= $want eq 'quarantined' ? ' Suspect' : ' ';
		my %got = %{ delete $rows{$r} // {} };
		push @wrong, "$r ($want): " . join ', ', map {
			"$_ x $got{$_}" } sort keys %got
			if ($got{$want} // 0) != 1 || keys %got != 1;
	}
}
is(join("\n", @wrong), '', 'every recipient has one row, with his outcome');
is(join(' ', sort keys %rows), '', 'and nobody else has');

is($db->sql("select sum(n) from counter_5min where name in ('delivered',
	'tagged', 'quarantined', 'discarded')"),
	$db->sql('select count(*) from message_rcpt'),
	'and is counted once');

my %held;
push @{ $held{$_->[0]} }, $_->[1] for map { [split /\|/] } split /\n/,
	$db->sql("select substr(rcpt, 2, position('\@' in rcpt) - 2), id
		from quarantine_rcpt");
my @expected = grep { Soak::expected($_) eq 'quarantined' }
	map { Soak::recipients($_->[0]) } @all;
is(join(' ', map { "$_:" . @{ $held{$_} // [] } } grep {
	@{ $held{$_} // [] } != 1 } @expected), '',
	'whatever was withheld is in the quarantine once');
is(scalar keys %held, scalar @expected, 'and nothing else is');

my (%number, @differ);
$number{$_->[0]} = $_->[0] for @all;
my $looked = 0;
for my $r (@expected) {
	last if $looked == 60;
	my ($n) = grep { my $k = $_; grep { $_ == $r } Soak::recipients($k) }
		$r > Soak::SECOND ? map { $r - Soak::SECOND - $_ } 1 .. 7 : $r;
	next unless defined $n && $number{$n};
	$looked++;
	my ($code, $got) = $app->pm('quarantine', 'show', '--source',
		$held{$r}[0]);
	if ($code != 0) {
		push @differ, "$r: $got";
		last;
	}
	my $want = Soak::as_postfix_takes_it($texts[$n % @texts]);
	s/\r\n/\n/g, s/\n+\z// for $got, $want;
	push @differ, "$r: " . length($want) . ' bytes sent, ' .
		length($got) . ' held' if $got ne $want;
}
cmp_ok($looked, '>', 10 * $part, 'bodies were looked at');
is(join("\n", @differ), '', 'bodies open to the very bytes');
ok($app->stop, 'stops within the deadline');
done_testing;

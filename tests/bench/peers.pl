# pm's content classifier beside other filters, trained on the same mail: each
# source by what was learnt from the others. What is not installed is left
# out. Needs the unpacked sets (tests/tests.mk).
#
#	perl tests/bench/peers.pl CORPUS SET...
#
# bogofilter: its own words, no configuration. SpamAssassin: all its rules and
# its Bayes, without the network (it loses much without), every STEP-th
# message, as it takes a third of a second for each. rspamd: all its rules and
# its Bayes, with a name server that knows nothing (it loses much, too).
use strict;
use warnings;
use File::Find;
use File::Temp qw(tempdir);
use IPC::Open2;
use FindBin;
use JSON::PP qw(decode_json);
use lib "$FindBin::Bin/../lib";
use Rspamd;
use ZoneDns;

my ($corpus, @sets) = @ARGV;
die "usage: perl tests/bench/peers.pl CORPUS SET...\n" unless @sets;
my $pm = $ENV{PM} // 'build/rel/pm';
my $step = $ENV{STEP} // 10;
my $dir = tempdir(CLEANUP => 1);

# Message files of a set and class, every $every-th.
sub files {
	my ($set, $class, $every) = @_;
	my (@all, $i);
	return () unless -d "$corpus/$set/$class";
	find({ no_chdir => 1, wanted => sub { push @all, $_ if -f } },
		"$corpus/$set/$class");
	@all = sort @all;
	return grep { $i++ % $every == 0 } @all;
}

# Percent of spam that is not above what 1/$per of the ham is above.
sub missed {
	my ($ham, $spam, $per) = @_;
	my @h = sort { $b <=> $a } @$ham;
	my $limit = $h[int(@h / $per)];
	return 100 * (grep { $_ <= $limit } @$spam) / @$spam;
}

sub area {
	my ($ham, $spam) = @_;
	my @all = sort { $a->[0] <=> $b->[0] } (map { [$_, 0] } @$ham),
		map { [$_, 1] } @$spam;
	my ($wrong, $above) = (0, scalar @$ham);
	for (my $i = 0; $i < @all;) {
		my ($k, @n) = ($i, 0, 0);
		$n[$all[$k++][1]]++ while $k < @all &&
			$all[$k][0] == $all[$i][0];
		$above -= $n[0];
		$wrong += $n[1] * ($above + $n[0] / 2);
		$i = $k;
	}
	return 100 * $wrong / @$ham / @$spam;
}

sub row {
	my ($what, $set, $ham, $spam) = @_;
	printf "%-14s %-26s %6d %6d  %7.3f  %6.2f  %6.2f\n", $what, $set,
		scalar @$ham, scalar @$spam, area($ham, $spam),
		missed($ham, $spam, 100), missed($ham, $spam, 1000);
}

# What a program says of each file whose name it is given.
sub said {
	my ($files, $pattern, @command) = @_;
	my @scores;
	for (my $i = 0; $i < @$files; $i += 200) {
		my $to = $i + 199 < $#$files ? $i + 199 : $#$files;
		open my $list, '>', "$dir/list" or die;
		print $list "$_\n" for @$files[$i .. $to];
		close $list;
		my $out = `@command < $dir/list`;
		push @scores, $out =~ /$pattern/mg;
	}
	return \@scores;
}

sub bogofilter {
	my ($set) = @_;
	my $d = "$dir/bogofilter-$set";
	mkdir $d;
	for my $other (grep { $_ ne $set } @sets) {
		for my $class (qw(ham spam)) {
			my $flag = $class eq 'ham' ? '-n' : '-s';
			said([files($other, $class, 1)], qr/^$/,
				"bogofilter -d $d $flag -b");
		}
	}
	return map { said([files($set, $_, 1)], qr/ ([\d.]+(?:e-\d+)?)$/m,
		"bogofilter -d $d -b -t -v") } qw(ham spam);
}

sub spamassassin {
	my ($set) = @_;
	my $d = "$dir/sa-$set";
	mkdir $d;
	open my $prefs, '>', "$d/prefs" or die;
	print $prefs "bayes_path $d/bayes\nuse_bayes 1\nuse_auto_whitelist 0\n"
		. "bayes_auto_learn 0\nskip_rbl_checks 1\n";
	close $prefs;
	for my $other (grep { $_ ne $set } @sets) {
		for my $class (qw(ham spam)) {
			next unless -d "$corpus/$other/$class";
			system("sa-learn -L --no-sync --$class -p $d/prefs " .
				"$corpus/$other/$class >/dev/null 2>&1");
		}
	}
	system("sa-learn -L --sync -p $d/prefs >/dev/null 2>&1");
	return map {
		my @scores;
		for my $f (files($set, $_, $step)) {
			my $out = `spamassassin -L -t -p $d/prefs < $f 2>/dev/null`;
			push @scores, $1 if
				$out =~ /^X-Spam-Status: .*?score=(-?[\d.]+)/m;
		}
		\@scores;
	} qw(ham spam);
}

sub rspamd {
	my ($set) = @_;
	my $dns = ZoneDns->new({});
	my $rspamd = Rspamd->new("$dir/rspamd", dns => $dns->resolver,
		scan => 1);
	for my $other (grep { $_ ne $set } @sets) {
		$rspamd->learn($_, files($other, $_, 1)) for qw(ham spam);
	}
	my @scores = map { $rspamd->scores(files($set, $_, 1)) } qw(ham spam);
	$rspamd->stop;
	return @scores;
}

printf "%-14s %-26s %6s %6s  %7s  %6s  %6s\n", '', 'percent of each', 'ham',
	'spam', '1-ROCA', 'at 1 %', 'at 0.1';
my $all = join ' ', map { my $s = $_; map { -d "$corpus/$s/$_" ?
	"--$_ $corpus/$s/$_" : () } qw(ham spam) } @sets;
for (split /\n/, `$pm eval $all --leave-out --json`) {
	my $o = decode_json($_);
	next unless exists $o->{roc_missing_ppm};
	printf "%-14s %-26s %6d %6d  %7.3f  %6.2f  %6.2f\n", 'pm content',
		$o->{source} =~ m{([^/]+)$}, $o->{ham}, $o->{spam},
		map { $_ / 10000 } $o->{roc_missing_ppm},
		$o->{'missed_at_1'}{ppm}, $o->{'missed_at_0.1'}{ppm};
}
my %peers = (bogofilter => \&bogofilter, spamassassin => \&spamassassin,
	rspamd => \&rspamd);
my @peers = $ENV{PEERS} ? split(/ /, $ENV{PEERS}) : sort keys %peers;
for my $peer (@peers) {
	next if $peer eq 'rspamd' ? Rspamd::missing() :
		system("command -v $peer >/dev/null 2>&1");
	for my $set (grep { -d "$corpus/$_/ham" && -d "$corpus/$_/spam" }
		@sets) {
		row($peer, $set, $peers{$peer}->($set));
	}
}

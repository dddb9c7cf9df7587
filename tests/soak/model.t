# The shipped model is the one that its command makes, bit for bit, and holds
# on mail of sources that it has not seen (lua/model/content.md has the rest).
use strict;
use warnings;
use Test::More;
use File::Compare qw(compare);
use File::Temp qw(tempdir);
use JSON::PP qw(decode_json);
use lib 'tests/lib';
use Corpus;

my $pm = $ENV{PM} or plan skip_all => 'PM is not set';
plan skip_all => 'sanitizers are too slow for it' if $ENV{PM_SAN};
my $corpus = Corpus::mail() // plan skip_all => 'no corpus (PM_CORPUS)';
my $dir = tempdir(CLEANUP => 1);

# The card's table: a line for each set that was learnt.
open my $card, '<', 'lua/model/content.md' or die;
my @sets = map { /^\| ([a-z][\w-]+) \| \d+ \| (?:\d+|–) \| \d{4}/
	? $1 : () } <$card>;
is(scalar @sets, 6, 'the card names the sets') or BAIL_OUT('no sets');
my @args = map { my $set = $_; map { -d "$corpus/$set/$_" ?
	("--$_", "$corpus/$set/$_") : () } qw(ham spam) } @sets;

is(system("$pm train @args --out $dir/model >/dev/null"), 0, 'trained');
is(compare("$dir/model", 'lua/model/content.model'), 0,
	'the shipped model is what its command makes');

for my $how ('', '--whole') {
	for (split /\n/, `$pm eval @args --leave-out --json $how`) {
		my $o = decode_json($_);
		my $what = ($o->{source} =~ m{([^/]+)$})[0] . " $how";
		cmp_ok($o->{ham_at_90}, '<=', $o->{ham} / 1000,
			"$what: at most 0.1 % of unseen ham at 90")
			if $o->{ham} >= 500;
		next unless $o->{spam} >= 500;
		my $most = $what =~ /csdmc/ ? 2 : 45;
		cmp_ok($o->{'missed_at_1'}{ppm} / 10000, '<=', $most,
			"$what: unseen spam missed at 1 %");
	}
}
done_testing;

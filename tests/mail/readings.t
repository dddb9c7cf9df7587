#!/usr/bin/perl
# The addresses and texts that Python's and GMime's readers find in real mail
# are among our readings; what they find wrongly is listed with the reason in
# tests/lib/readings.py.
use strict;
use warnings;
use FindBin;
use Test::More;
use lib "$FindBin::Bin/../lib";
use Corpus;

my $python = '/usr/bin/python3';
plan skip_all => "no $python with GMime" if system($python, '-c',
	"import gi; gi.require_version('GMime', '3.0'); " .
	'from gi.repository import GMime') != 0;
my @folders = grep { defined } Corpus::mail(), Corpus::conf();
plan skip_all => 'no corpus' unless @folders == 2;

my $tool = ($ENV{PM_BUILD} // 'build/rel') . '/tools/addresses';
my @lines = split /\n/, do {
	open my $p, '-|', $python, "$FindBin::Bin/../lib/readings.py", $tool,
		$ENV{READINGS_MOST} // 3000, @folders or die "$python: $!";
	local $/;
	<$p>;
};
is($?, 0, 'the readers ran');
diag(s{^# }{}r) for grep { m{^# [^ ]*/} } @lines;
note(s{^# }{}r) for grep { m{^# [^ ]* took} } @lines;

my %seen = map { /^([a-z-]+) (\d+) (\d+)$/ ? ($1 => [$2, $3]) : () } @lines;
for my $reader (qw(python-getaddresses python-headerregistry gmime)) {
	my ($values, $differ) = @{ $seen{$reader} // [0, 0] };
	cmp_ok($values, '>', 2900, "$reader read $values fields");
	is($differ, 0, "$reader found nobody whom we do not");
}
my ($values, $differ) = @{ $seen{texts} // [0, 0] };
cmp_ok($values, '>', 50, "$values texts with encoded words");
is($differ, 0, 'are decoded as Python or GMime decode them');
done_testing;

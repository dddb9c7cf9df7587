#!/usr/bin/perl
# Every message of all corpora is read whole: no crash, no leak (with SAN=1),
# no limit but where it is meant to be reached, bounded memory.
use strict;
use warnings;
use File::Find;
use FindBin;
use Test::More;
use lib "$FindBin::Bin/../lib";
use Corpus;

my $tool = ($ENV{PM_BUILD} // 'build/rel') . '/tools/speed_read';
local $ENV{ASAN_OPTIONS} = 'detect_leaks=1' if $ENV{PM_SAN};
my @folders = grep { defined } Corpus::mail(), Corpus::conf();
plan skip_all => 'no corpora beside the checkout' unless @folders == 2;

# A digest of 3,400 links, of which 1,000 are kept.
my %over = ('hard1-00229.eml' => 1);
my $no_mail = qr{/(?:psl|attach|spf|dkim|arc)/|README|
	\.(?:tsv|json|ya?ml|txt|md|h|c|py|rb|java|js|ts|xml|properties|key|
	der|p12|crt|pem|tnef|done)\z}x;
my @files;
find({ no_chdir => 1, wanted => sub {
	push @files, $_ if -f $_ && !m{$no_mail};
} }, @folders);
my $all = @files;
cmp_ok($all, '>', 14_000, 'all of them');
my ($read, @beyond, @reached, @died) = (0);
while (my @some = splice @files, 0, 500) {
	open my $p, '-|', $tool, 0, @some or die "$tool: $!";
	while (<$p>) {
		push @reached, $1 if m{([^/]+): over a limit};
		push @beyond, $1 if m{([^/]+): takes \d+ bytes};
		$read += $1 if /^(\d+) messages read/;
	}
	close $p or push @died, "$some[0] and behind: status $?";
}
is(join("\n", @died), '', 'nobody dies of them');
is($read, $all, 'each is read');
is_deeply(\@beyond, [], 'in at most four times its size and a megabyte');
is_deeply([grep { !$over{$_} } @reached], [], 'no limit is reached');
done_testing;

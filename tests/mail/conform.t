# The union of our readings against other readers of the same mails: Python's
# email package, GMime, and the expectations of the conformance corpus.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Corpus;

my $conf = Corpus::conf() // plan skip_all => 'no corpus (PM_CORPUS)';
my $tree = ($ENV{PM_BUILD} // 'build/rel') . '/unit/mail_tree';
-x '/usr/bin/python3' or plan skip_all => 'no /usr/bin/python3';

sub compare {
	my ($name, $folder, $nth) = @_;
	open my $out, '-|', '/usr/bin/python3', 'tests/mime/union.py', $tree,
		'tests/mime/differences', $folder, $nth or die "python3: $!";
	my @lines = <$out>;
	close $out;
	is $? >> 8, 0, "$name: all leaves are among our parts"
		or diag @lines;
	my ($leaves) = map { /(\d+) leaves of python/ } @lines;
	cmp_ok $leaves // 0, '>', 100, "$name: there is something to compare";
}

compare('conformance corpus', "$conf/conf-dev", 1);
my $mail = Corpus::mail();
compare('each 100th real mail', $mail, 100) if $mail;
done_testing();

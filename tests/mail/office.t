# Office documents with macros, DDE, Excel 4, objects and passwords: what is
# found in each, as tests/mail/office.ref says.
use strict;
use warnings;
use lib 'tests/lib';
use Corpus;
use File::Find;
use Test::More;

my $conf = Corpus::conf();
plan skip_all => 'no conf-dev.tar.xz beside the checkout' unless $conf;
my $program = ($ENV{PM_BUILD} // 'build/rel') . '/unit/mail_filefacts';
my $data = "$conf/conf-dev/attach/oletools/test-data";
my @files;
find({ no_chdir => 1, wanted => sub {
	push @files, $_ if -f;
} }, $data);
# Some stand twice under one name, and are the same.
@files = sort @files;

open my $ref, '<', 'tests/mail/office.ref' or die "office.ref: $!";
my @want = <$ref>;
open my $out, '-|', $program, @files or die "$program: $!";
my @got = <$out>;
ok(close $out, 'all were read');
cmp_ok(scalar @want, '>', 80, 'there are documents');
is_deeply(\@got, \@want, 'each has its facts');
done_testing();

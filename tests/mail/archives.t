# Archives of conformance suites: type, members and doubts of each, as
# tests/mail/archives.ref says (read and explained when it was written: U for
# volumes without the others, broken files and lzop; O for holes of gigabytes).
# Each is opened inside the scanner's sandbox.
use strict;
use warnings;
use lib 'tests/lib';
use Corpus;
use Test::More;

my $conf = Corpus::conf();
plan skip_all => 'no conf-dev.tar.xz beside the checkout' unless $conf;
my $program = ($ENV{PM_BUILD} // 'build/rel') . '/unit/mail_archive';
my $attach = "$conf/conf-dev/attach";
my @files = (glob("$attach/libarchive-uu/*.uu"), "$attach/zod/42.zip",
	glob("$attach/python/*.tar"), glob("$attach/python/*.zip"));

open my $ref, '<', 'tests/mail/archives.ref' or die "archives.ref: $!";
my %want = map { chomp; (split ' ', $_, 2) } <$ref>;
open my $out, '-|', $program, @files or die "$program: $!";
my %got = map { chomp; (split ' ', $_, 2) } <$out>;
ok(close $out, 'all were read');
cmp_ok(scalar keys %want, '>', 300, 'there are archives');
is_deeply([map { "$_ " . ($got{$_} // 'missing') } sort keys %want],
	[map { "$_ $want{$_}" } sort keys %want],
	'each has its members and its doubts');
done_testing();

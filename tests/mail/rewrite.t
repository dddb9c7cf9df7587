#!/usr/bin/perl
# Every message of all corpora gets a banner, and loses each of its parts in
# turn: read again, the text is the old one and the banner, the note is where
# the part was, and all other parts hold what they held.
use strict;
use warnings;
use File::Find;
use FindBin;
use Test::More;
use lib "$FindBin::Bin/../lib";
use Corpus;

my $tool = ($ENV{PM_BUILD} // 'build/rel') . '/tools/rewrite';
my @folders = grep { defined } Corpus::mail(), Corpus::conf();
my @files;
find({ no_chdir => 1, wanted => sub {
	push @files, $_ if -f $_ && /\.(?:eml|msg)\z/;
} }, @folders, 'tests/mail');
my (@wrong, @died, %n);
while (my @some = splice @files, 0, 500) {
	open my $p, '-|', $tool, @some or die "$tool: $!";
	while (<$p>) {
		if (/^(\d+) messages, (\d+) banners, .*?(\d+) dropped/) {
			$n{messages} += $1;
			$n{banners} += $2;
			$n{dropped} += $3;
		} else {
			push @wrong, $_;
		}
	}
	close $p or $? == 256 or push @died, "$some[0] and behind: $?";
}
is(join('', @wrong), '', 'nothing but what was meant has changed');
is(join("\n", @died), '', 'nobody dies of them');
cmp_ok($n{messages}, '>', @folders ? 12_000 : 100, 'messages');
# Signed, encrypted and ambiguous mail is left alone, and that is not much.
cmp_ok($n{banners}, '>', $n{messages} * (@folders ? 0.9 : 0.4), 'banners');
cmp_ok($n{dropped}, '>', $n{messages} * (@folders ? 1 : 0.5),
	'parts that were dropped');
done_testing();

#!/usr/bin/perl
# The default policy and newsletters: content alone withholds one whose sender
# proves who he is only when it is nearly certain.
use strict;
use warnings;
use Test::More;
use lib 'tests/lib';
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use ZoneDns;

my $pm = abs_path($ENV{PM} // 'build/pm') or die "no pm: run make\n";
my $dir = tempdir(CLEANUP => 1);
my $dns = ZoneDns->new({
	'shop.example' => [[TXT => 'v=spf1 ip4:203.0.113.1 -all']],
	'_dmarc.shop.example' => [[TXT => 'v=DMARC1; p=none']],
	'_dmarc.other.example' => [[TXT => 'v=DMARC1; p=none']],
});
$ENV{ASAN_OPTIONS} //= 'detect_leaks=0';

sub spew {
	my ($path, $text) = @_;
	open my $out, '>', $path or die "$path: $!";
	print $out $text;
	close $out or die;
}

system('cp', '-r', 'lua/policy', "$dir/policy") == 0 or die;
mkdir "$dir/policy/rules" or die;

# What happens to a letter of that author whose words count so much.
sub fate {
	my ($author, $weight, $fields) = @_;
	spew("$dir/policy/rules/x.lua", 'return { group = "site", ' .
		'about = "ours", { "SITE_OFFER", ' . $weight .
		', subject = "our offers", about = "offers" } }');
	spew("$dir/m.eml", "From: <news\@$author>\n$fields" .
		"Date: Mon, 23 Nov 2026 10:00:00 +0000\n" .
		"Message-ID: <1\@$author>\nSubject: our offers\n\n" .
		"The table that you liked is back.\n");
	my $out = `$pm scan --policy $dir/policy --from news\@$author \\
		--helo mx.$author --rcpt a\@example.org --resolver @{[
		$dns->resolver]} $dir/m.eml 2>&1`;
	my ($action, $reason, $percent) = $out =~
		/^\S+\t(\w+)\t(\w*)\t(\d+) %/m or return $out;
	cmp_ok($percent, '>=', 90, "$author, $weight: $percent %");
	return "$action $reason";
}

my $list = "List-Unsubscribe: <mailto:off\@shop.example>\n";
is(fate('shop.example', 9000, $list), 'deliver ',
	'a newsletter of a proven sender is delivered, and marked');
is(fate('other.example', 8800, $list), 'quarantine Spam',
	'of one that proves nothing it is withheld');
is(fate('shop.example', 9000, ''), 'quarantine Spam',
	'what is no newsletter, too');
is(fate('shop.example', 14000, $list), 'quarantine Spam',
	'and a proven one that is nearly certain');
done_testing;

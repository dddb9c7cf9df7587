# What rspamd and stalwart expect to find of URLs and hidden text, case by
# case: met by our facts, or explained. Their symbols are judgements; a line
# here says which facts of ours such a judgement rests on.
use strict;
use warnings;
use lib 'tests/lib';
use Corpus;
use File::Temp qw(tempdir);
use Test::More;

my $conf = Corpus::conf();
plan skip_all => 'no conf-dev.tar.xz beside the checkout' unless $conf;
my $program = ($ENV{PM_BUILD} // 'build/rel') . '/unit/mail_url_corpus';

# Message of rspamd/, then what stands in our lines ("!": does not).
my @rspamd = map { [split /  +/] } grep { /\S/ } split /\n/, <<'END';
emails1  mailto:jim@example.net  mailto:bob@example.net  mailto:rupert@example.net
zerofont  hidden-by 10 pieces 2
url1  https://tinyurl.com/abc123 host tinyurl.com  host www.example.com of example.com
url2  https://www.rspamd.com/doc/modules/multimap.html host
url3  other www.bank.com
url4  https://example.com/ host  other rspamd.tk  !other rspamd.com
url5  host www.example.net of example.net  !example.com  !example.org
url6  host www.example.org of example.org  !example.com  !example.net
url7  host example.ru of example.ru  !example.com
url8  host xn--80arbjktj.xn--p1ai
url9  host xn--80arbjktj.xn--p1ai
url10  host example.com of example.com
url11  host clean.dirty.sanchez.com of sanchez.com  host not.dirty.sanchez.com
url12  host 4.very.dirty.sanchez.com of sanchez.com
url13  host 41.black.sanchez.com of sanchez.com  host black.sanchez.com
url14  mailto:user@dirty.sanchez.com host dirty.sanchez.com
url15  mailto:4@very.dirty.sanchez.com host very.dirty.sanchez.com
url16  mailto:admin@41.black.sanchez.com host 41.black.sanchez.com
emailbltext  mailto:user@emailbl.com  host baddomain.com
emailbltext2  mailto:user@
emailbltext3  of baddomain.com
ics  host test.com
mailadr  mailto:user@example.com host example.com
mailadr2  mailto:user@example.com host example.com
urlimage  https://example.com/ host example.com of example.com user 0: load
urlinsubject  host example.com
urlinsubjectencoded  host example.com
numeric_urls  host 1.2.3.4 of  user 0: ip link  host 9.10.11.12 of  user 0: ip load  host example.org  host judo.za.org
content_url  host www.example.org of example.org
url_query_nesting  host h0.example.org  host h1.example.org
phishing1  other www.cnn.com
phishing2  other www.myspace.com
phishing3  other www.bank.com
phishing_query_safe  !other
phishing_query_multi  other www.cnn.com
phishing_query_nested  !other
phishing_query_nested_fire  other www.cnn.com
phishing_query_overcap  other www.cnn.com
url_suspect_long_user  user 129: user
url_suspect_very_long_user  user 300: user
url_suspect_user_no_password  host phishing.com of phishing.com user 4: user
url_suspect_email_user  mailto:support@example.com  !: user
url_suspect_schemeless_email_href  mailto:user.name@example.com  !: user
url_suspect_numeric_ip  : ip link
url_suspect_numeric_ip_user  : user ip
url_suspect_bad_tld  host phishing.tk
url_suspect_multiple_at  : user many-at
url_suspect_multi_query  : nests  host a.com of a.com user 0: nested  host b.com of b.com user 0: nested
url_suspect_single_query  : nests  host a.com of a.com user 0: nested
url_suspect_normal  !: user  !: ip
END

# Differences, and why.
my %explained = (
	phishing_same_label_cross_tld => 'one label under two public suffixes'
		. ' may be two owners: we tell both hosts',
	url_obfuscated_hxxp => 'no client links hxxp: words, for detection',
	url_obfuscated_bracket_dots => 'no client links a[.]b',
	url_obfuscated_word_dot => 'no client links "a dot b"',
	url_obfuscated_spaced => 'no client links "h t t p"; we find the bare'
		. ' domain in it',
);

# Number of the test in url.test and html.test of stalwart, the same way.
my %stalwart = (
	'url.test' => [
		[1, 'https://url.org/ host url.org'],
		[2, 'host url.org'], [3, 'host 192.168.1.1 of  user 0: ip'],
		[4, 'host xn--youtue-tg7b.com of xn--youtue-tg7b.com user 0: '
			. 'idn'],
		[5, 'host www.xn--1ca81o6aa92e.com', 'idn mixed'],
		[6, 'host xn--bnk-ela.com'],
		[7, 'nests', 'host redirect.org', 'host redirect.me'],
		[8, 'host xn--twiter-507b.com of xn--twiter-507b.com user 0: '
			. 'idn nested'],
		[9, 'http://darkweb.onion/login host darkweb.onion'],
		[10, 'https://site.com/ipfs/Qm123 host site.com',
			'https://web.org/login.php host web.org',
			'http://site.org/wp-static/img.png host site.org'],
		[11, 'http://googleusercontent.com/proxy/url host',
			'https://firebasestorage.googleapis.com/content host',
			'other google.com'],
		[12, 'http://url.com/assetlinks.json host',
			'http://wp.com/WP-content/content.pdf host'],
		[14, 'host phishing-open.org', 'host phishing-tank.com'],
		[15, '!host'], [16, '!host 123', '!host 01.01',
			'host www.localhost.de'],
		[17, 'host world.com'],
	],
	'html.test' => [
		[2, 'http://mydomain.com/ host', '!other'],
		[3, 'https://8.8.8.8/phisherino.php host'],
		[4, 'https://domain.com/external.css#test host domain.com'],
		[5, 'https://domain.com/external host domain.com of domain.com '
			. 'user 0: load'],
		[11, 'https://example.com/ host example.com of example.com '
			. 'user 0: link', 'page flags 200'],
		[12, '!host', 'page flags 0'], [13, 'page flags 400'],
		[14, 'page flags 400'], [15, 'other domain2.com'],
		[16, '!other '], [17, 'other domain2.com'], [18, '!other '],
		[19, '!other'],
	],
);

sub facts {
	my ($path) = @_;
	open my $f, '-|', $program, $path or die "$program: $!";
	local $/;
	my $facts = <$f> // '';
	return close $f ? $facts : 'broken';
}

sub check {
	my ($name, $path, @want) = @_;
	my $facts = facts($path);
	my @bad = grep {
		my ($not, $text) = /^(!?)(.*)$/;
		my $there = index($facts, $text) >= 0;
		$not ? $there : !$there;
	} @want;
	is(join("\n", @bad), '', $name) or diag("$program $path\n$facts");
}

for my $case (@rspamd) {
	my ($message, @want) = @$case;
	check($message, "$conf/conf-dev/rspamd/$message.eml", @want);
}

# A file of stalwart holds several: "expect TAGS", a blank line, the message.
my $dir = tempdir(CLEANUP => 1);
for my $file (sort keys %stalwart) {
	open my $in, '<:raw', "$conf/conf-dev/stalwart-antispam/$file"
		or die "$file: $!";
	my @all = split /<!-- NEXT TEST -->\n/, do { local $/; <$in> };
	for my $case (@{$stalwart{$file}}) {
		my ($n, @want) = @$case;
		my ($message) = $all[$n - 1] =~ /^expect[^\n]*\n\s*(.*)/s;
		open my $out, '>:raw', "$dir/$n" or die "$dir/$n: $!";
		print $out $message;
		close $out;
		check("$file $n", "$dir/$n", @want);
	}
}
note("$_: $explained{$_}") for sort keys %explained;
done_testing();

"""Bytes as text: words that people have in files, in the encodings in which their programs saved them."""
import pytest
from worker.reading.charmaps import CHARMAPS
from worker.reading.decoding import UTF8, decode

# (the encodings that their programs save in, the lines), short lists on purpose: the less there is, the harder to tell
LISTS = {
    "English, typographic": ("cp1252 mac_roman", "don’t go|it’s late|“hello” he said|wait… what|yes – no"),
    "English, one apostrophe": ("cp1252", "anna|don’t|bob|clara|dora"),
    "temperatures": ("cp1252", "20°C|5°C|18°F|warm|-3°C"),
    "prices": ("cp1252", "€5|£20|bread €3|milk £1|tea"),
    "French names": ("cp1252 mac_roman cp850 iso8859_15", "René|Zoé|Hélène|François|Anaïs"),
    "French, one accent": ("cp1252", "Marie|Paul|Zoé|Jean|Luc"),
    "French quotes": ("cp1252", "«bonjour»|«merci»|oui|non|«à demain»"),
    "French words": ("cp1252", "œuvre|sœur|cœur|garçon|forêt"),
    "French capitals": ("cp1252", "ÉLODIE|HÉLÈNE|FRANÇOIS|RENÉ|ANAÏS"),
    "German names": ("cp1252 mac_roman cp850", "Jürgen|Björn|Käthe|Günther|Änne"),
    "German words": ("cp1252", "Straße|groß|Fuß|Übung|Öl"),
    "German cities": ("cp1252", "München|Köln|Düsseldorf|Nürnberg|Würzburg"),
    "German, one word": ("cp1252", "müde"),
    "Spanish names": ("cp1252 mac_roman", "José|Íñigo|María|Begoña|Ramón"),
    "Spanish questions": ("cp1252", "¿qué?|¡hola!|mañana|niño|pingüino"),
    "Portuguese": ("cp1252", "João|Conceição|Inês|Simões|Antônio"),
    "Italian": ("cp1252", "città|perché|più|così|virtù"),
    "Catalan": ("cp1252", "Òscar|Núria|Lluïsa|Agnès|Mònica"),
    "Swedish names": ("cp1252", "Åsa|Åke|Änni|Björn|Göran"),
    "Swedish cities": ("cp1252", "Malmö|Göteborg|Västerås|Örebro|Umeå"),
    "Finnish": ("cp1252", "Väinö|Päivi|Jyväskylä|Hämeenlinna|äiti"),
    "Danish": ("cp1252", "Søren|Åse|Bjørn|Kåre|Jørgen"),
    "Norwegian": ("cp1252", "Tromsø|Ålesund|Bodø|Ådne|Ærlig"),
    "Icelandic": ("cp1252", "Guðrún|Þórður|Sigríður|Björk|Ólöf"),
    "Dutch": ("cp1252", "Chloë|Daniël|Zoë|coöperatie|België"),
    "Irish": ("cp1252", "Seán|Róisín|Siobhán|Pádraig|Máire"),
    "Polish names": ("cp1250 iso8859_2", "Łukasz|Małgorzata|Święcicki|Żaneta|Paweł"),
    "Polish cities": ("cp1250", "Łódź|Kraków|Gdańsk|Poznań|Wrocław"),
    "Czech": ("cp1250 iso8859_2", "Jiří|Ondřej|Tomáš|Růžena|Zdeněk"),
    "Slovak": ("cp1250", "Ľubomír|Štefan|Žofia|Ďuriš|Kráľ"),
    "Hungarian": ("cp1250", "Erdős|Győző|Gergő|Ferenc|Fűzfa"),
    "Romanian": ("cp1250", "Ştefan|Brăila|Iaşi|Constanţa|Timişoara"),
    "Croatian": ("cp1250", "Đurđica|Marčić|Šimić|Živković|Babić"),
    "Turkish": ("cp1254", "Ayşe|Işıl|Çağla|İpek|Yıldız"),
    "Turkish cities": ("cp1254", "Iğdır|Şanlıurfa|Diyarbakır|Eskişehir|Muğla"),
    "Lithuanian": ("cp1257", "Rūta|Jūratė|Žygimantas|Eglė|Šarūnas"),
    "Latvian": ("cp1257", "Jānis|Kārlis|Pēteris|Līga|Ģirts"),
    "Russian": ("cp1251 koi8_r iso8859_5 cp866", "Анна|Борис|Вера|Глеб|Дарья"),
    "Russian, small letters": ("cp1251 koi8_r cp866", "привет|мир|дом|кошка|собака"),
    "Russian capitals": ("cp1251 koi8_r", "АННА|БОРИС|ВЕРА|ГЛЕБ|ДАРЬЯ"),
    "Russian, one name": ("cp1251", "Наташа"),
    "Russian cities": ("cp1251", "Москва|Санкт-Петербург|Казань|Самара|Омск"),
    "Ukrainian": ("cp1251 koi8_u", "Олексій|Наталія|Ірина|Київ|Львів"),
    "Bulgarian": ("cp1251", "Георги|Димитър|Иван|Мария|Пламен"),
    "Serbian": ("cp1251", "Ђорђе|Љубица|Његош|Милош|Жељко"),
    "Greek": ("cp1253", "Γιώργος|Ελένη|Μαρία|Νίκος|Δημήτρης"),
    "Greek cities": ("cp1253 iso8859_7", "Αθήνα|Πάτρα|Λάρισα|Βόλος|Ρόδος"),
    "Hebrew": ("cp1255", "נועה|תמר|אדם|יוסף|שרה"),
    "Arabic": ("cp1256", "محمد|فاطمة|علي|مريم|أحمد"),
    "Thai": ("cp874", "สมชาย|มานี|กรุงเทพ|ประเทศไทย|น้ำ"),
    "Korean names": ("cp949", "민준|서연|도윤|하은|지우"),
    "Korean full names": ("cp949", "김서연|이민준|박지우|최서준|정하윤"),
    "Korean words": ("cp949", "사과|바나나|딸기|포도|수박"),
    "Korean cities": ("cp949", "서울|부산|대구|인천|광주"),
    "Korean beyond KS X 1001": ("cp949", "똠방|펲시|민준|서연|찦차"),
    "Korean, one name": ("cp949", "서연"),
    "Korean and Latin": ("cp949", "Kim 민준|Lee 서연|anna|Park 지우|bob"),
    "Japanese, hiragana": ("cp932 euc_jp", "さくら|ひなた|あおい|ゆい|はると"),
    "Japanese, katakana": ("cp932 euc_jp", "サクラ|ヒナタ|アオイ|ユイ|ハルト"),
    "Japanese, one name": ("cp932", "さくら"),
    "Japanese surnames": ("cp932 euc_jp", "佐藤|鈴木|高橋|田中|渡辺"),
    "Japanese full names": ("cp932", "田中太郎|山田花子|鈴木一郎|佐藤健|高橋美咲"),
    "Japanese cities": ("cp932 euc_jp", "東京|大阪|名古屋|横浜|札幌"),
    "Chinese names": ("gb18030", "王伟|李娜|张敏|刘洋|陈静"),
    "Chinese cities": ("gb18030", "北京|上海|广州|深圳|成都"),
    "Chinese, one name": ("gb18030", "王小明"),
    "Chinese words": ("gb18030", "你好|谢谢|朋友|学校|老师"),
    "Taiwanese names": ("cp950", "陳怡君|林志明|黃淑芬|張雅婷|李俊宏"),
    "Taiwanese cities": ("cp950", "台北|高雄|台中|台南|新竹"),
    "recipes": ("cp1252", "Crème brûlée|Soufflé|Bœuf bourguignon|Pâté|Gâteau"),
    "fractions": ("cp1252", "½ cup|¼ tsp|¾ cup|2 eggs|salt"),
    "trade marks": ("cp1252", "Lego®|Kleenex™|© 2020|Coca-Cola®|x"),
}
CASES = [(name, codec) for name, (codecs, _) in LISTS.items() for codec in codecs.split()]


@pytest.mark.parametrize(("name", "codec"), CASES)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["unix", "dos"])
def test_a_list_is_read_in_the_encoding_in_which_it_was_saved(name, codec, line_end):
    text = LISTS[name][1].replace("|", line_end)
    found = decode(text.encode(codec))
    assert found.text == text


@pytest.mark.parametrize("name", LISTS)
def test_utf_8_and_utf_16_are_never_taken_for_anything_else(name):
    text = LISTS[name][1].replace("|", "\n")
    for codec, encoding in (("utf-8", UTF8), ("utf-8-sig", UTF8), ("utf-16", "UTF-16"), ("utf-32", "UTF-32")):
        found = decode(text.encode(codec))
        assert (found.text, found.encoding, found.others) == (text, encoding, [])


@pytest.mark.parametrize("codec", CHARMAPS)
def test_charmaps_are_pythons_codecs(codec):
    for byte in range(128):
        python = bytes([byte + 128]).decode(codec, "replace")
        assert CHARMAPS[codec][byte] == ("\ufffd" if "\x80" <= python < "\xa0" else python)
